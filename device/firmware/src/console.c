/* Commands on the console. Source: ESP-IDF components/console (behaviour and words). */
#include "esp_console.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "argtable3/argtable3.h"
#include "esp_log.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "protocol_examples_common.h"

#define MAX_ARGS 32
#define MAX_LINE 256
#define DEFAULT_PROMPT "esp> "

typedef struct command {
  struct command *next;
  esp_console_cmd_t cmd;
} command_t;

struct repl {
  esp_console_repl_t base;
  esp_console_repl_config_t config;
  volatile bool is_stopped;
};

static bool is_initialized;
static command_t *commands; /* by name */

esp_err_t esp_console_init(const esp_console_config_t *config) {
  if (config == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  if (is_initialized) {
    return ESP_ERR_INVALID_STATE;
  }
  is_initialized = true;
  return ESP_OK;
}

esp_err_t esp_console_deinit(void) {
  if (!is_initialized) {
    return ESP_ERR_INVALID_STATE;
  }
  while (commands != NULL) {
    esp_console_cmd_deregister(commands->cmd.command);
  }
  is_initialized = false;
  return ESP_OK;
}

/* Where a command is or would be. */
static command_t **place_of(const char *name) {
  command_t **link = &commands;
  while (*link != NULL && strcmp((*link)->cmd.command, name) < 0) {
    link = &(*link)->next;
  }
  return link;
}

static bool has_name(const command_t *command, const char *name) {
  return command != NULL && strcmp(command->cmd.command, name) == 0;
}

/* A command of the same name is replaced. */
esp_err_t esp_console_cmd_register(const esp_console_cmd_t *cmd) {
  if (cmd == NULL || cmd->command == NULL || strchr(cmd->command, ' ') != NULL ||
      (cmd->func == NULL) == (cmd->func_w_context == NULL)) {
    return ESP_ERR_INVALID_ARG;
  }
  command_t **link = place_of(cmd->command);
  if (!has_name(*link, cmd->command)) {
    command_t *added = calloc(1, sizeof *added);
    if (added == NULL) {
      return ESP_ERR_NO_MEM;
    }
    added->next = *link;
    *link = added;
  }
  (*link)->cmd = *cmd;
  return ESP_OK;
}

esp_err_t esp_console_cmd_deregister(const char *cmd_name) {
  command_t **link = cmd_name == NULL ? NULL : place_of(cmd_name);
  if (link == NULL || !has_name(*link, cmd_name)) {
    return ESP_ERR_INVALID_ARG;
  }
  command_t *removed = *link;
  *link = removed->next;
  free(removed);
  return ESP_OK;
}

/* Words separated by blanks; quotes hold blanks together, a backslash takes the next character as it is. */
size_t esp_console_split_argv(char *line, char **argv, size_t argv_size) {
  size_t argc = 0;
  char *to = line;
  char *from = line;
  while (argc + 1 < argv_size) {
    while (*from == ' ') {
      from++;
    }
    if (*from == '\0') {
      break;
    }
    argv[argc++] = to;
    bool is_quoted = false;
    for (; *from != '\0' && (is_quoted || *from != ' '); from++) {
      if (*from == '"') {
        is_quoted = !is_quoted;
      } else if (*from == '\\' && from[1] != '\0') {
        *to++ = *++from;
      } else {
        *to++ = *from;
      }
    }
    bool is_last = *from == '\0';
    from += !is_last;
    *to++ = '\0';
    if (is_last) {
      break;
    }
  }
  argv[argc] = NULL;
  return argc;
}

esp_err_t esp_console_run(const char *cmdline, int *cmd_ret) {
  if (!is_initialized) {
    return ESP_ERR_INVALID_STATE;
  }
  char *line = strdup(cmdline);
  char **argv = calloc(MAX_ARGS, sizeof *argv);
  esp_err_t err = line == NULL || argv == NULL ? ESP_ERR_NO_MEM : ESP_OK;
  if (err == ESP_OK) {
    int argc = (int)esp_console_split_argv(line, argv, MAX_ARGS);
    command_t *command = argc == 0 ? NULL : *place_of(argv[0]);
    if (argc == 0) {
      err = ESP_ERR_INVALID_ARG;
    } else if (!has_name(command, argv[0])) {
      err = ESP_ERR_NOT_FOUND;
    } else if (command->cmd.func != NULL) {
      *cmd_ret = command->cmd.func(argc, argv);
    } else {
      *cmd_ret = command->cmd.func_w_context(command->cmd.context, argc, argv);
    }
  }
  free(argv);
  free(line);
  return err;
}

static int help(int argc, char **argv) {
  for (const command_t *command = commands; command != NULL; command = command->next) {
    const esp_console_cmd_t *cmd = &command->cmd;
    if (argc > 1 && strcmp(argv[1], cmd->command) != 0) {
      continue;
    }
    printf("%s", cmd->command);
    if (cmd->hint != NULL) {
      printf(" %s", cmd->hint);
    } else if (cmd->argtable != NULL) {
      arg_print_syntax(stdout, cmd->argtable, "");
    }
    printf("\n  %s\n", cmd->help == NULL ? "" : cmd->help);
    if (cmd->argtable != NULL) {
      arg_print_glossary(stdout, cmd->argtable, "  %12s  %s\n");
    }
    printf("\n");
  }
  return 0;
}

esp_err_t esp_console_register_help_command(void) {
  esp_console_cmd_t command = { .command = "help", .help = "Print the summary of all registered commands", .func = help };
  return esp_console_cmd_register(&command);
}

static void repl_task(void *arg) {
  struct repl *repl = arg;
  size_t size = repl->config.max_cmdline_length == 0 ? MAX_LINE : repl->config.max_cmdline_length;
  char *line = malloc(size);
  printf("\nType 'help' to get the list of commands.\n");
  while (line != NULL && !repl->is_stopped) {
    printf("%s", repl->config.prompt == NULL ? DEFAULT_PROMPT : repl->config.prompt);
    fflush(stdout);
    if (fgets(line, (int)size, stdin) == NULL) {
      break;
    }
    line[strcspn(line, "\r\n")] = '\0';
    int ret = 0;
    esp_err_t err = esp_console_run(line, &ret);
    if (err == ESP_ERR_NOT_FOUND) {
      printf("Unrecognized command\n");
    } else if (err == ESP_OK && ret != ESP_OK) {
      printf("Command returned non-zero error code: 0x%x (%s)\n", ret, esp_err_to_name(ret));
    } else if (err != ESP_OK && err != ESP_ERR_INVALID_ARG) {
      printf("Internal error: %s\n", esp_err_to_name(err));
    }
  }
  free(line);
  free(repl);
  vTaskDelete(NULL);
}

/* The loop's task ends after the command that it is in, or the next one. */
static esp_err_t delete_repl(esp_console_repl_t *base) {
  ((struct repl *)base)->is_stopped = true;
  return esp_console_deinit();
}

esp_err_t esp_console_new_repl_uart(const esp_console_dev_uart_config_t *dev_config,
                                    const esp_console_repl_config_t *repl_config, esp_console_repl_t **ret_repl) {
  if (dev_config == NULL || repl_config == NULL || ret_repl == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  esp_console_config_t config = ESP_CONSOLE_CONFIG_DEFAULT();
  esp_err_t err = esp_console_init(&config);
  if (err != ESP_OK) {
    return err;
  }
  struct repl *repl = calloc(1, sizeof *repl);
  if (repl == NULL) {
    esp_console_deinit();
    return ESP_ERR_NO_MEM;
  }
  repl->base.del = delete_repl;
  repl->config = *repl_config;
  esp_console_register_help_command();
  *ret_repl = &repl->base;
  return example_configure_stdin_stdout();
}

esp_err_t esp_console_start_repl(esp_console_repl_t *base) {
  struct repl *repl = (struct repl *)base;
  if (repl == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  return xTaskCreate(repl_task, "console_repl", repl->config.task_stack_size, repl, repl->config.task_priority, NULL) ==
                 pdPASS
             ? ESP_OK
             : ESP_ERR_NO_MEM;
}

esp_err_t esp_console_stop_repl(esp_console_repl_t *base) {
  return base == NULL ? ESP_ERR_INVALID_ARG : base->del(base);
}
