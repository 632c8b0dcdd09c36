#include "../checks/check.h"
#include "argtable3/argtable3.h"
#include "esp_console.h"

void test_console(void);
void test_argtable(void);

static struct {
  struct arg_lit *verbose;
  struct arg_int *count;
  struct arg_dbl *wait;
  struct arg_str *host;
  struct arg_end *end;
} args;

static void parse(const char *line) {
  char words[96];
  char *argv[12];
  strcpy(words, line);
  int argc = (int)esp_console_split_argv(words, argv, 12);
  int errors = arg_parse(argc, argv, (void **)&args);
  printf("%d:", errors);
  if (errors != 0) {
    printf("\n");
    arg_print_errors(stdout, args.end, argv[0]);
    return;
  }
  printf(" v%d", args.verbose->count);
  for (int i = 0; i < args.count->count; i++) {
    printf(" c%d", args.count->ival[i]);
  }
  if (args.wait->count > 0) {
    printf(" w%.2f", args.wait->dval[0]);
  }
  printf(" h'%s'\n", args.host->sval[0]);
}

void test_argtable(void) {
  args.verbose = arg_lit0("vV", "verbose", "say more");
  args.count = arg_intn("c", "count,number", "<n>", 0, 2, "how often");
  args.wait = arg_dbl0(NULL, "wait", "<s>", "between two");
  args.host = arg_str1(NULL, NULL, "<host>", "whom");
  args.end = arg_end(3);
  CHECK(arg_nullcheck((void **)&args) == 0);
  parse("ping 10.0.0.1");
  parse("ping -V -c5 --wait=0.5 host");
  parse("ping host --number 3 -vc 0x10");
  parse("ping \"two words\" --wait -1.5");
  parse("ping -- -c");
  parse("ping");
  parse("ping a b");
  parse("ping a --count=x -q --bad -c");
  parse("ping a -c1 -c2 -c3");
  arg_print_syntax(stdout, (void **)&args, "\n");
  arg_print_glossary(stdout, (void **)&args, "%s: %s\n");
  arg_freetable((void **)&args, sizeof args / sizeof(void *));
  CHECK(args.host == NULL);
}

static int add(int argc, char **argv) {
  int sum = 0;
  for (int i = 1; i < argc; i++) {
    sum += atoi(argv[i]);
  }
  printf("sum %d\n", sum);
  return sum > 9 ? ESP_ERR_INVALID_SIZE : 0;
}

static int greet(void *context, int argc, char **argv) {
  printf("%s %s\n", (const char *)context, argc > 1 ? argv[1] : "you");
  return 0;
}

void test_console(void) {
  esp_console_repl_t *repl = NULL;
  esp_console_repl_config_t repl_config = ESP_CONSOLE_REPL_CONFIG_DEFAULT();
  esp_console_dev_uart_config_t uart_config = ESP_CONSOLE_DEV_UART_CONFIG_DEFAULT();
  repl_config.prompt = "> ";
  int ret = 0;
  CHECK(esp_console_run("add", &ret) == ESP_ERR_INVALID_STATE);
  CHECK(esp_console_new_repl_uart(&uart_config, &repl_config, &repl) == ESP_OK);
  const esp_console_cmd_t add_cmd = { .command = "add", .help = "Adds numbers", .hint = "<n>...", .func = add };
  const esp_console_cmd_t greet_cmd = { .command = "greet", .func_w_context = greet, .context = "hello" };
  const esp_console_cmd_t none = { .command = "none" };
  CHECK(esp_console_cmd_register(&greet_cmd) == ESP_OK && esp_console_cmd_register(&add_cmd) == ESP_OK);
  CHECK(esp_console_cmd_register(&none) == ESP_ERR_INVALID_ARG);
  CHECK(esp_console_run("greet  \"big world\"", &ret) == ESP_OK && ret == 0);
  CHECK(esp_console_run("", &ret) == ESP_ERR_INVALID_ARG && esp_console_run("sub 1", &ret) == ESP_ERR_NOT_FOUND);
  CHECK(esp_console_start_repl(repl) == ESP_OK);
  vTaskDelay(portMAX_DELAY);
}
