/* Command lines by table. Source: argtable3 (names, meaning of its tables, words of its errors). */
#include "argtable3/argtable3.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { IS_NO_NUMBER = 100 };

/* Making tables */

/* An entry with room for its values behind it. */
static void *make(size_t size, size_t value_size, const char *shortopts, const char *longopts, const char *datatype,
                  int mincount, int maxcount, const char *glossary, int (*scan)(void *, const char *)) {
  maxcount = maxcount < mincount ? mincount : maxcount;
  struct arg_hdr *hdr = calloc(1, size + (size_t)maxcount * value_size);
  if (hdr != NULL) {
    *hdr = (struct arg_hdr){ value_size == 0 ? 0 : ARG_HASVALUE, shortopts, longopts, datatype, glossary,
                             mincount, maxcount, hdr, scan, NULL };
  }
  return hdr;
}

static int scan_lit(void *parent, const char *text) {
  struct arg_lit *lit = parent;
  if (lit->count == lit->hdr.maxcount) {
    return ARG_ELIMIT;
  }
  lit->count++;
  return 0;
}

static int scan_int(void *parent, const char *text) {
  struct arg_int *arg = parent;
  char *end;
  if (arg->count == arg->hdr.maxcount) {
    return ARG_ELIMIT;
  }
  long value = strtol(text, &end, 0);
  if (end == text || *end != '\0') {
    return IS_NO_NUMBER;
  }
  arg->ival[arg->count++] = (int)value;
  return 0;
}

static int scan_dbl(void *parent, const char *text) {
  struct arg_dbl *arg = parent;
  char *end;
  if (arg->count == arg->hdr.maxcount) {
    return ARG_ELIMIT;
  }
  double value = strtod(text, &end);
  if (end == text || *end != '\0') {
    return IS_NO_NUMBER;
  }
  arg->dval[arg->count++] = value;
  return 0;
}

static int scan_str(void *parent, const char *text) {
  struct arg_str *arg = parent;
  if (arg->count == arg->hdr.maxcount) {
    return ARG_ELIMIT;
  }
  arg->sval[arg->count++] = text;
  return 0;
}

struct arg_rem *arg_rem(const char *datatype, const char *glossary) {
  return make(sizeof(struct arg_rem), 0, NULL, NULL, datatype, 0, 0, glossary, NULL);
}

struct arg_lit *arg_litn(const char *shortopts, const char *longopts, int mincount, int maxcount,
                         const char *glossary) {
  return make(sizeof(struct arg_lit), 0, shortopts, longopts, NULL, mincount, maxcount, glossary, scan_lit);
}

struct arg_lit *arg_lit0(const char *shortopts, const char *longopts, const char *glossary) {
  return arg_litn(shortopts, longopts, 0, 1, glossary);
}

struct arg_lit *arg_lit1(const char *shortopts, const char *longopts, const char *glossary) {
  return arg_litn(shortopts, longopts, 1, 1, glossary);
}

#define VALUED(kind, type, values, default_datatype, scan)                                                           \
  struct arg_##kind *arg_##kind##n(const char *shortopts, const char *longopts, const char *datatype, int mincount,  \
                                   int maxcount, const char *glossary) {                                             \
    struct arg_##kind *arg = make(sizeof(struct arg_##kind), sizeof(type), shortopts, longopts,                      \
                                  datatype == NULL ? default_datatype : datatype, mincount, maxcount, glossary, scan); \
    if (arg != NULL) {                                                                                               \
      arg->values = (type *)(arg + 1);                                                                               \
    }                                                                                                                \
    return arg;                                                                                                      \
  }                                                                                                                  \
  struct arg_##kind *arg_##kind##0(const char *shortopts, const char *longopts, const char *datatype,                \
                                   const char *glossary) {                                                           \
    return arg_##kind##n(shortopts, longopts, datatype, 0, 1, glossary);                                             \
  }                                                                                                                  \
  struct arg_##kind *arg_##kind##1(const char *shortopts, const char *longopts, const char *datatype,                \
                                   const char *glossary) {                                                           \
    return arg_##kind##n(shortopts, longopts, datatype, 1, 1, glossary);                                             \
  }

VALUED(int, int, ival, "<int>", scan_int)
VALUED(dbl, double, dval, "<double>", scan_dbl)
VALUED(str, const char *, sval, "<string>", scan_str)

struct arg_end *arg_end(int maxcount) {
  size_t each = sizeof(int) + sizeof(void *) + sizeof(const char *);
  struct arg_end *end = make(sizeof(struct arg_end), each, NULL, NULL, NULL, 0, maxcount, NULL, NULL);
  if (end != NULL) {
    end->hdr.flag = ARG_TERMINATOR;
    end->error = (int *)(end + 1);
    end->parent = (void **)(end->error + maxcount);
    end->argval = (const char **)(end->parent + maxcount);
  }
  return end;
}

void arg_freetable(void **argtable, size_t n) {
  for (size_t i = 0; i < n; i++) {
    free(argtable[i]);
    argtable[i] = NULL;
  }
}

static struct arg_hdr *entry(void **argtable, int index) {
  return argtable[index];
}

static bool is_end(const struct arg_hdr *hdr) {
  return (hdr->flag & ARG_TERMINATOR) != 0;
}

static bool is_option(const struct arg_hdr *hdr) {
  return hdr->shortopts != NULL || hdr->longopts != NULL;
}

int arg_nullcheck(void **argtable) {
  for (int i = 0; argtable[i] != NULL; i++) {
    if (is_end(entry(argtable, i))) {
      return 0;
    }
  }
  return 1;
}

/* Reading a command line */

struct parser {
  void **table;
  struct arg_end *end;
  int argc;
  char **argv;
  int at;
};

static void complain(struct parser *parser, int error, void *parent, const char *value) {
  struct arg_end *end = parser->end;
  if (end->count < end->hdr.maxcount) {
    end->error[end->count] = error;
    end->parent[end->count] = parent;
    end->argval[end->count] = value;
    end->count++;
  } else if (end->count > 0) {
    end->error[end->count - 1] = ARG_ELIMIT;
    end->parent[end->count - 1] = end;
  }
}

static struct arg_hdr *find_short(struct parser *parser, char letter) {
  for (int i = 0; !is_end(entry(parser->table, i)); i++) {
    struct arg_hdr *hdr = entry(parser->table, i);
    if (hdr->shortopts != NULL && strchr(hdr->shortopts, letter) != NULL) {
      return hdr;
    }
  }
  return NULL;
}

/* Is a name one of those in "one,two"? */
static bool is_among(const char *names, const char *name, size_t length) {
  for (const char *at = names; at != NULL; at = strchr(at, ',') == NULL ? NULL : strchr(at, ',') + 1) {
    if (strncmp(at, name, length) == 0 && (at[length] == '\0' || at[length] == ',')) {
      return true;
    }
  }
  return false;
}

static struct arg_hdr *find_long(struct parser *parser, const char *name, size_t length) {
  for (int i = 0; !is_end(entry(parser->table, i)); i++) {
    struct arg_hdr *hdr = entry(parser->table, i);
    if (hdr->longopts != NULL && is_among(hdr->longopts, name, length)) {
      return hdr;
    }
  }
  return NULL;
}

static void take(struct parser *parser, struct arg_hdr *hdr, const char *value) {
  int error = hdr->scanfn(hdr->parent, value);
  if (error != 0) {
    complain(parser, error, hdr, value);
  }
}

/* The value of an option: what follows it at once, or the next word. */
static void take_option(struct parser *parser, struct arg_hdr *hdr, const char *attached, const char *word) {
  if ((hdr->flag & ARG_HASVALUE) == 0) {
    take(parser, hdr, NULL);
  } else if (attached != NULL && *attached != '\0') {
    take(parser, hdr, attached);
  } else if (parser->at < parser->argc) {
    take(parser, hdr, parser->argv[parser->at++]);
  } else {
    complain(parser, ARG_EMISSARG, hdr, word);
  }
}

static void take_long(struct parser *parser, const char *word) {
  const char *name = word + 2;
  size_t length = strcspn(name, "=");
  struct arg_hdr *hdr = find_long(parser, name, length);
  if (hdr == NULL) {
    complain(parser, ARG_ELONGOPT, NULL, word);
  } else {
    take_option(parser, hdr, name[length] == '=' ? name + length + 1 : NULL, word);
  }
}

static void take_short(struct parser *parser, const char *word) {
  for (const char *letter = word + 1; *letter != '\0'; letter++) {
    struct arg_hdr *hdr = find_short(parser, *letter);
    if (hdr == NULL) {
      complain(parser, ARG_ENOMATCH, NULL, word);
      return;
    }
    bool has_value = (hdr->flag & ARG_HASVALUE) != 0;
    take_option(parser, hdr, letter + 1, word);
    if (has_value) {
      return;
    }
  }
}

/* A word that belongs to no option goes to the first entry without options that has room for it. */
static void take_word(struct parser *parser, const char *word) {
  for (int i = 0; !is_end(entry(parser->table, i)); i++) {
    struct arg_hdr *hdr = entry(parser->table, i);
    if (!is_option(hdr) && hdr->scanfn != NULL) {
      int error = hdr->scanfn(hdr->parent, word);
      if (error == 0) {
        return;
      }
      if (error != ARG_ELIMIT) {
        complain(parser, error, hdr, word);
        return;
      }
    }
  }
  complain(parser, ARG_ENOMATCH, NULL, word);
}

/* Entries count at the same place, whatever their kind. */
static int *count_of(struct arg_hdr *hdr) {
  return &((struct arg_lit *)hdr)->count;
}

static bool is_negative_number(const char *word) {
  return word[0] == '-' && (word[1] == '.' || (word[1] >= '0' && word[1] <= '9'));
}

int arg_parse(int argc, char **argv, void **argtable) {
  int last = 0;
  for (; !is_end(entry(argtable, last)); last++) {
    if (entry(argtable, last)->scanfn != NULL) {
      *count_of(entry(argtable, last)) = 0;
    }
  }
  struct parser parser = { argtable, argtable[last], argc, argv, 1 };
  bool takes_options = true;
  parser.end->count = 0;
  while (parser.at < argc) {
    const char *word = argv[parser.at++];
    if (takes_options && strcmp(word, "--") == 0) {
      takes_options = false;
    } else if (takes_options && strncmp(word, "--", 2) == 0) {
      take_long(&parser, word);
    } else if (takes_options && word[0] == '-' && word[1] != '\0' && !is_negative_number(word)) {
      take_short(&parser, word);
    } else {
      take_word(&parser, word);
    }
  }
  for (int i = 0; i < last; i++) {
    struct arg_hdr *hdr = entry(argtable, i);
    if (hdr->scanfn != NULL && *count_of(hdr) < hdr->mincount) {
      complain(&parser, ARG_EMISSARG, hdr, NULL);
    }
  }
  return parser.end->count;
}

/* Telling about tables and errors */

static void print_name(FILE *fp, const struct arg_hdr *hdr) {
  if (hdr->shortopts != NULL) {
    fprintf(fp, "-%c", hdr->shortopts[0]);
  } else if (hdr->longopts != NULL) {
    fprintf(fp, "--%.*s", (int)strcspn(hdr->longopts, ","), hdr->longopts);
  }
  if (hdr->datatype != NULL) {
    fprintf(fp, "%s%s", is_option(hdr) ? (hdr->shortopts != NULL ? " " : "=") : "", hdr->datatype);
  }
}

void arg_print_errors(FILE *fp, struct arg_end *end, const char *progname) {
  for (int i = 0; i < end->count; i++) {
    const char *value = end->argval[i] == NULL ? "" : end->argval[i];
    const struct arg_hdr *hdr = end->parent[i];
    fprintf(fp, "%s: ", progname);
    if (hdr == NULL) {
      fprintf(fp, end->error[i] == ARG_ELONGOPT ? "invalid option \"%s\"\n" : "unexpected argument \"%s\"\n", value);
      continue;
    }
    if (is_end(hdr)) {
      fprintf(fp, "too many errors to display\n");
      continue;
    }
    switch (end->error[i]) {
      case ARG_EMISSARG:
        fprintf(fp, "missing option ");
        break;
      case ARG_ELIMIT:
        fprintf(fp, "excess option ");
        break;
      default:
        fprintf(fp, "invalid argument \"%s\" to option ", value);
        break;
    }
    print_name(fp, hdr);
    fprintf(fp, "\n");
  }
}

void arg_print_syntax(FILE *fp, void **argtable, const char *suffix) {
  for (int i = 0; !is_end(entry(argtable, i)); i++) {
    struct arg_hdr *hdr = entry(argtable, i);
    fprintf(fp, hdr->mincount == 0 ? " [" : " ");
    print_name(fp, hdr);
    fprintf(fp, hdr->mincount == 0 ? "]" : "");
  }
  fprintf(fp, "%s", suffix == NULL ? "" : suffix);
}

/* The format takes the syntax and the explanation of an entry. */
void arg_print_glossary(FILE *fp, void **argtable, const char *format) {
  for (int i = 0; !is_end(entry(argtable, i)); i++) {
    struct arg_hdr *hdr = entry(argtable, i);
    char syntax[64] = "";
    size_t used = 0;
    if (hdr->glossary == NULL) {
      continue;
    }
    if (hdr->shortopts != NULL) {
      used += (size_t)snprintf(syntax, sizeof syntax, "-%c", hdr->shortopts[0]);
    }
    if (hdr->longopts != NULL) {
      used += (size_t)snprintf(syntax + used, sizeof syntax - used, "%s--%.*s", used > 0 ? ", " : "",
                               (int)strcspn(hdr->longopts, ","), hdr->longopts);
    }
    if (hdr->datatype != NULL) {
      snprintf(syntax + used, sizeof syntax - used, "%s%s", hdr->longopts != NULL ? "=" : used > 0 ? " " : "", hdr->datatype);
    }
    fprintf(fp, format == NULL ? "  %-20s %s\n" : format, syntax, hdr->glossary);
  }
}
