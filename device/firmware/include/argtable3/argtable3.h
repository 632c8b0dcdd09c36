/* argtable3: command lines by table. Switches, numbers, texts; no regular expressions, dates or files. */
#pragma once

#include <stdio.h>
#include <sys/cdefs.h>

enum {
  ARG_TERMINATOR = 0x1,
  ARG_HASVALUE = 0x2,
  ARG_HASOPTVALUE = 0x4
};

enum {
  ARG_ELIMIT = 1,
  ARG_EMALLOC,
  ARG_ENOMATCH,
  ARG_ELONGOPT,
  ARG_EMISSARG
};

/* What every entry of a table begins with. */
struct arg_hdr {
  char flag;
  const char *shortopts;
  const char *longopts;
  const char *datatype;
  const char *glossary;
  int mincount;
  int maxcount;
  void *parent;
  int (*scanfn)(void *parent, const char *text); /* 0: taken */
  void *priv;
};

struct arg_rem {
  struct arg_hdr hdr;
};
struct arg_lit {
  struct arg_hdr hdr;
  int count;
};
struct arg_int {
  struct arg_hdr hdr;
  int count;
  int *ival;
};
struct arg_dbl {
  struct arg_hdr hdr;
  int count;
  double *dval;
};
struct arg_str {
  struct arg_hdr hdr;
  int count;
  const char **sval;
};
struct arg_end {
  struct arg_hdr hdr;
  int count;
  int *error;
  void **parent; /* the entry that each error is about; NULL: none */
  const char **argval;
};

__BEGIN_DECLS
struct arg_rem *arg_rem(const char *datatype, const char *glossary);
struct arg_lit *arg_lit0(const char *shortopts, const char *longopts, const char *glossary);
struct arg_lit *arg_lit1(const char *shortopts, const char *longopts, const char *glossary);
struct arg_lit *arg_litn(const char *shortopts, const char *longopts, int mincount, int maxcount,
                         const char *glossary);
struct arg_int *arg_int0(const char *shortopts, const char *longopts, const char *datatype, const char *glossary);
struct arg_int *arg_int1(const char *shortopts, const char *longopts, const char *datatype, const char *glossary);
struct arg_int *arg_intn(const char *shortopts, const char *longopts, const char *datatype, int mincount, int maxcount,
                         const char *glossary);
struct arg_dbl *arg_dbl0(const char *shortopts, const char *longopts, const char *datatype, const char *glossary);
struct arg_dbl *arg_dbl1(const char *shortopts, const char *longopts, const char *datatype, const char *glossary);
struct arg_dbl *arg_dbln(const char *shortopts, const char *longopts, const char *datatype, int mincount, int maxcount,
                         const char *glossary);
struct arg_str *arg_str0(const char *shortopts, const char *longopts, const char *datatype, const char *glossary);
struct arg_str *arg_str1(const char *shortopts, const char *longopts, const char *datatype, const char *glossary);
struct arg_str *arg_strn(const char *shortopts, const char *longopts, const char *datatype, int mincount, int maxcount,
                         const char *glossary);
struct arg_end *arg_end(int maxcount);

int arg_nullcheck(void **argtable);
int arg_parse(int argc, char **argv, void **argtable);
void arg_print_errors(FILE *fp, struct arg_end *end, const char *progname);
void arg_print_syntax(FILE *fp, void **argtable, const char *suffix);
void arg_print_glossary(FILE *fp, void **argtable, const char *format);
void arg_freetable(void **argtable, size_t n);
__END_DECLS
