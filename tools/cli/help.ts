/** The text of --help. */

export const HELP = `lwip-twin runs ESP32 network programs on emulated boards, with lwIP's behaviour, under one virtual clock.

Usage:
  lwip-twin run PROGRAM... [options]
  lwip-twin run lab.json [options]
  lwip-twin build SOURCE... -o IMAGE [options]
  lwip-twin config SDKCONFIG... [--changed] [--json]
  lwip-twin explore SCENARIO [--budget TIME] [--runs N] [--faults N] [--shard I/N] [--out FOLDER]
  lwip-twin replay FILE.replay.json [--ladder] [--report FILE.html]
  lwip-twin merge FOLDER...
  lwip-twin report CAPTURE|FILE.replay.json -o FILE.html

Each PROGRAM is a .ts or .js file, a .c or .cpp file of an ESP-IDF project, the folder of such a project, or an image
that build has made (.wasm). It gets a board of its own, named after the file; all boards are on one Ethernet segment.
They have the addresses 192.168.4.1, 192.168.4.2, ... in the order of the programs; FILE@ADDRESS or FILE@ADDRESS/PREFIX
chooses another one. A file may be named more than once.

Examples:
  lwip-twin run main/tcp_server.c main/tcp_client.c        unmodified C, one board for each file
  lwip-twin run my_project client.ts                       a project with all its sources, and a client in TypeScript
  lwip-twin run server.ts client.ts                        print what the programs print, and how it ended
  lwip-twin run server.ts client.ts --ladder               draw every frame and every socket call
  lwip-twin run server.ts client.ts --pcap echo.pcap       a capture for Wireshark
  lwip-twin run server.ts client.ts client.ts --loss 5%    two clients, a bad network; --seed 2 is another day
  lwip-twin run server.ts client.ts@192.168.4.77 --until 24h

A program (client.ts), here for a server that listens on port 3333 of 192.168.4.1:
  import { AF_INET, type Os, SOCK_STREAM, sockaddr_in, text } from 'lwip-twin';

  export default async function (os: Os) {
    const sock = await os.socket(AF_INET, SOCK_STREAM);
    if ((await os.connect(sock, sockaddr_in('192.168.4.1', 3333))) < 0) throw new Error('errno ' + os.errno);
    await os.send(sock, 'Hello');
    const buf = new Uint8Array(128);
    const n = await os.recv(sock, buf);
    console.log('received', text(buf, n));
    await os.close(sock);
  }

It is the default export, or the one named "program": an async function, which awaits every call of os, or a
generator function, which says yield* instead. It may import its own modules. The calls are those of BSD
sockets and FreeRTOS; nothing else may be waited for. Time is virtual: Date begins at 1970-01-01 and goes on with
the world, Math.random follows from the seed, there are no timers, no fetch, no process. The same command
therefore gives the same output and the same capture, byte for byte.

Firmware in C and C++ (without exceptions) is compiled as ESP-IDF would: app_main() runs in the task main, log lines
are printed with the board's name. Of a project, main and components count, with SRCS, INCLUDE_DIRS and EMBED_TXTFILES
of their CMakeLists.txt; its settings are those of sdkconfig.defaults, sdkconfig and Kconfig.projbuild. A file alone is
a firmware with one source; it has the settings of the project that it lies in. The compiler is not part of this
package: npm install --save-dev @yowasp/clang binaryen (the versions are told when it is missing).
build makes an image of one firmware, which runs without the compiler.

A lab.json describes boards; paths are relative to it, and options of the command line go before what it says:
  { "until": "30s", "latency": "2ms", "loss": "1%", "seed": 7, "hosts": { "hub.example": "192.168.4.1" },
    "boards": [
      { "name": "hub", "sources": "hub_project", "ip": "192.168.4.1" },
      { "sources": ["main/sensor.c", "main/codec.c"], "sdkconfig": ["sdkconfig", { "CONFIG_SENSOR_PORT": 3333 }],
        "boot": "500ms", "stdin": [{ "at": "1s", "text": "192.168.4.1\\n" }] },
      { "sources": "display.ts", "priority": 7 } ] }
  of all boards  until, latency, loss, seed, rate, mtu, tick: as the options below; hosts: names that resolve
  of a board     sources: what PROGRAM can be, or a list of .c and .cpp files; name; ip; gw: its gateway; boot: when it is
                 switched on; priority: of a .ts or .js program's task, 0 to 24; stdin: text typed on its console, or
                 a list of texts with times since it was switched on; sdkconfig: a file, an object with CONFIG_
                 symbols, or a list of them, the later over the earlier; include: folders with headers;
                 optimize: "0", "s" or "2"; checked: false for --unchecked

Wi-Fi and what is behind it, in a lab.json:
  { "accessPoints": [{ "ssid": "home", "password": "open sesame", "channel": 6, "dns": { "hub.example": "34.1.2.3" },
                       "outages": [{ "at": "20s", "for": "5s" }] }],
    "boards": [{ "sources": "sensor_project", "wifi": true },
               { "sources": "hub.ts", "internet": "34.1.2.3", "latency": "20ms" }] }
  of an access point  ssid; password; channel; rssi: in dBm; bssid; name; gateway: its own address and network,
                 "192.168.1.1/24"; dhcp, internet: false for none; dns: names with an address, a list of them, "NXDOMAIN",
                 "SERVFAIL", "REFUSED" or "silent"; outages: when it is off, and for how long
  of a board     wifi: true: its program joins an access point; internet: its address, if it is a host behind access
                 points, with latency: from there to them

config prints what sdkconfig files say about the network, the later over the earlier: each value, ESP-IDF's default,
what it changes, and which settings have no effect here. --changed leaves out what is as by default.

Options of run:
  --pcap FILE       write a capture of every frame that a board sends, also of those that get lost; a name that ends
                    in .pcapng gives one with interfaces, names, and comments: calls, faults, findings
  --ladder          draw the run on standard output when it is over
  --report FILE     one HTML file that shows the run: frames, calls, connections, what led to what
  --plan FILE       carry out a fault plan: a JSON list like [{"kind": "drop", "match": {"flags": "S"}, "nth": 1}]
  --until TIME      end the run at this virtual time; 10min if left out
  --seed N          what chance follows from, a whole number; 1 if left out
  --latency TIME    from sending to arrival; 1ms if left out
  --rate BITS       bits per second of each sender, such as 500k or 10M; infinite if left out
  --loss SHARE      probability that a frame is lost, such as 0.01 or 1%; 0 if left out
  --mtu BYTES       longest IP packet, 68 to 1500; 1500 if left out
  --tick TIME       FreeRTOS tick, 1ms to 1s; 10ms if left out (CONFIG_FREERTOS_HZ=100)
  --strict          compute and verify every checksum of every frame, not only those that somebody looks at
Options of run and build for C and C++:
  --sdkconfig FILE  settings, instead of those of the project
  -I, --include DIR a folder with headers; may be repeated
  -O, --optimize N  0, s or 2; s if left out
  --unchecked       twice as fast, but no watchdog and no stack check
  -o, --output FILE the image to be made, of build only
  -h, --help        this text
  -V, --version     the version
TIME is a number and its unit: us, ms, s, min or h.

How it ended, in one line on standard error, and in the exit status:
  0  all programs have ended, or only servers are left, waiting for somebody to come; or the time given by
     --until is over
  1  a program threw, with its file and line; a board's firmware panicked, with the place in its sources; a program
     drove lwIP into a defect that would stop the device; or it used a descriptor that was closed, or forgot one
  2  nothing was run: the command line or a program is not right, or does not compile. No file was touched
  3  the programs hang: somebody waits for something that cannot happen; who, and for what
  4  the time limit that nobody had asked for is over: give --until if the programs never end

explore runs a scenario again and again, each time with other misfortunes, of those that its programs must survive: every
single one wherever it can make a difference, then pairs. What it finds it shrinks, and writes to the folder (lwip-twin-findings):
a replay file, a capture, a ladder, a report. Ctrl-C ends it and keeps what was found. It exits with 1 if it found something.
  --budget TIME     end the search after this time of the clock on the wall; 1min if neither this nor --runs is given
  --runs N          make so many runs, the plain one among them, whatever time it takes
  --faults N        misfortunes at once, at most; 2 if left out. With 3 and more, larger plans follow by chance, without end
  --shard I/N       try the plans whose number leaves I when divided by N, so that N machines share the work
  --out FOLDER      where to write; merge joins such folders
`;
