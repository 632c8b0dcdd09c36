/** What lwIP counts when it throws a packet away. Source: lwIP stats.h (struct stats_proto), one field per protocol and reason. */
export class Stats {
  link_proterr = 0;
  link_lenerr = 0;
  etharp_proterr = 0;
  etharp_memerr = 0;
  ip_lenerr = 0;
  ip_err = 0;
  ip_chkerr = 0;
  ip_drop = 0;
  ip_proterr = 0;
  ip_rterr = 0;
  ip_frag_drop = 0;
  icmp_lenerr = 0;
  icmp_chkerr = 0;
  icmp_proterr = 0;
  icmp_err = 0;
  igmp_lenerr = 0;
  igmp_chkerr = 0;
  igmp_drop = 0;
  igmp_proterr = 0;
  udp_lenerr = 0;
  udp_chkerr = 0;
  udp_proterr = 0;
  tcp_lenerr = 0;
  tcp_chkerr = 0;
  tcp_proterr = 0;
  tcp_drop = 0;
  tcp_rterr = 0;
}
