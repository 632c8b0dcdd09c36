/* Key-value storage of ESP-IDF in a flash partition of 24 KB, of which one page of 4 KB stays empty, as on the chip.
 * An entry has 32 bytes; a string or blob is followed by as many as its bytes need. Entries stand one after the other
 * in esp_nvs_flash, so that whoever keeps those bytes keeps the partition.
 * Sources: ESP-IDF nvs.h (results), components/nvs_flash (sizes). */
#include "nvs.h"
#include <stdlib.h>
#include <string.h>
#include "nvs_flash.h"

#define PAGE_ENTRIES 126
#define TOTAL_ENTRIES (6 * PAGE_ENTRIES)
#define USABLE_ENTRIES (TOTAL_ENTRIES - PAGE_ENTRIES)
#define ENTRY_BYTES 32
#define MAX_STRING_BYTES 4000
#define MAX_NAMESPACES 254

/* The namespace of namespaces: their entries have the name as key and the number as value. */
#define NAMESPACES 0

struct entry {
  uint8_t namespace_index;
  uint8_t type; /* nvs_type_t; 0: free from here on */
  uint16_t span; /* entries that it takes, with its data */
  uint32_t size; /* of the value in bytes */
  char key[NVS_KEY_NAME_MAX_SIZE];
  uint8_t value[8]; /* of a number */
};
_Static_assert(sizeof(struct entry) == ENTRY_BYTES, "entries fill their place");

struct entry esp_nvs_flash[USABLE_ENTRIES];

struct open_handle {
  struct open_handle *next;
  nvs_handle_t number;
  uint8_t namespace_index;
  bool is_read_only;
};

struct nvs_opaque_iterator_t {
  struct entry *entry;
  int namespace_index; /* -1: any */
  nvs_type_t type;
};

static bool is_initialized;
static struct open_handle *handles;
static nvs_handle_t last_handle;

static struct entry *end_of_flash(void) {
  return esp_nvs_flash + USABLE_ENTRIES;
}

static bool is_used(const struct entry *entry) {
  return entry < end_of_flash() && entry->type != 0;
}

static struct entry *first_free(void) {
  struct entry *entry = esp_nvs_flash;
  while (is_used(entry)) {
    entry += entry->span;
  }
  return entry;
}

static struct entry *find(uint8_t namespace_index, const char *key) {
  for (struct entry *entry = esp_nvs_flash; is_used(entry); entry += entry->span) {
    if (entry->namespace_index == namespace_index && strcmp(entry->key, key) == 0) {
      return entry;
    }
  }
  return NULL;
}

static void erase(struct entry *entry) {
  struct entry *after = entry + entry->span;
  size_t rest = (size_t)(end_of_flash() - after);
  memmove(entry, after, rest * sizeof *entry);
  memset(entry + rest, 0, (size_t)(after - entry) * sizeof *entry);
}

static bool is_number(uint8_t type) {
  return type != NVS_TYPE_STR && type != NVS_TYPE_BLOB;
}

static void *value_of(struct entry *entry) {
  return is_number(entry->type) ? entry->value : (void *)(entry + 1);
}

/* A blob has an index entry besides. */
static size_t span_of(nvs_type_t type, size_t size) {
  if (is_number((uint8_t)type)) {
    return 1;
  }
  return 1 + (size + ENTRY_BYTES - 1) / ENTRY_BYTES + (type == NVS_TYPE_BLOB ? 1 : 0);
}

static esp_err_t store(uint8_t namespace_index, const char *key, nvs_type_t type, const void *value, size_t size) {
  struct entry *old = find(namespace_index, key);
  size_t span = span_of(type, size);
  size_t room = (size_t)(end_of_flash() - first_free()) + (old == NULL ? 0 : old->span);
  if (span > room) {
    return ESP_ERR_NVS_NOT_ENOUGH_SPACE;
  }
  if (old != NULL) {
    erase(old);
  }
  struct entry *entry = first_free();
  entry->namespace_index = namespace_index;
  entry->type = (uint8_t)type;
  entry->span = (uint16_t)span;
  entry->size = size;
  strcpy(entry->key, key);
  memcpy(value_of(entry), value, size);
  return ESP_OK;
}

static bool is_name(const char *name) {
  return name != NULL && name[0] != '\0' && strlen(name) < NVS_KEY_NAME_MAX_SIZE;
}

static bool is_partition(const char *name) {
  return name != NULL && strcmp(name, NVS_DEFAULT_PART_NAME) == 0;
}

static struct open_handle *handle_of(nvs_handle_t number) {
  struct open_handle *handle = handles;
  while (handle != NULL && handle->number != number) {
    handle = handle->next;
  }
  return handle;
}

/* What every call that takes a handle looks at first. */
static esp_err_t check(nvs_handle_t number, bool for_writing, struct open_handle **handle) {
  if (!is_initialized) {
    return ESP_ERR_NVS_NOT_INITIALIZED;
  }
  *handle = handle_of(number);
  if (*handle == NULL) {
    return ESP_ERR_NVS_INVALID_HANDLE;
  }
  return for_writing && (*handle)->is_read_only ? ESP_ERR_NVS_READ_ONLY : ESP_OK;
}

static esp_err_t check_key(const char *key) {
  if (key == NULL || key[0] == '\0') {
    return ESP_ERR_NVS_INVALID_NAME;
  }
  return strlen(key) < NVS_KEY_NAME_MAX_SIZE ? ESP_OK : ESP_ERR_NVS_KEY_TOO_LONG;
}

static esp_err_t new_namespace(const char *name, uint8_t *index) {
  unsigned last = NAMESPACES;
  for (struct entry *entry = esp_nvs_flash; is_used(entry); entry += entry->span) {
    if (entry->namespace_index == NAMESPACES && entry->value[0] > last) {
      last = entry->value[0];
    }
  }
  if (last == MAX_NAMESPACES) {
    return ESP_ERR_NVS_NOT_ENOUGH_SPACE;
  }
  *index = (uint8_t)(last + 1);
  return store(NAMESPACES, name, NVS_TYPE_U8, index, sizeof *index);
}

esp_err_t nvs_open(const char *namespace_name, nvs_open_mode_t open_mode, nvs_handle_t *out_handle) {
  return nvs_open_from_partition(NVS_DEFAULT_PART_NAME, namespace_name, open_mode, out_handle);
}

esp_err_t nvs_open_from_partition(const char *part_name, const char *namespace_name, nvs_open_mode_t open_mode,
                                  nvs_handle_t *out_handle) {
  if (out_handle == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  if (!is_initialized) {
    return ESP_ERR_NVS_NOT_INITIALIZED;
  }
  if (!is_partition(part_name)) {
    return ESP_ERR_NVS_PART_NOT_FOUND;
  }
  if (!is_name(namespace_name)) {
    return ESP_ERR_NVS_INVALID_NAME;
  }
  uint8_t index = 0;
  struct entry *known = find(NAMESPACES, namespace_name);
  if (known == NULL && open_mode == NVS_READONLY) {
    return ESP_ERR_NVS_NOT_FOUND;
  }
  struct open_handle *handle = malloc(sizeof *handle);
  if (handle == NULL) {
    return ESP_ERR_NO_MEM;
  }
  esp_err_t err = ESP_OK;
  if (known != NULL) {
    index = known->value[0];
  } else {
    err = new_namespace(namespace_name, &index);
  }
  if (err != ESP_OK) {
    free(handle);
    return err;
  }
  *handle = (struct open_handle){ handles, ++last_handle, index, open_mode == NVS_READONLY };
  handles = handle;
  *out_handle = handle->number;
  return ESP_OK;
}

void nvs_close(nvs_handle_t handle) {
  for (struct open_handle **link = &handles; *link != NULL; link = &(*link)->next) {
    if ((*link)->number == handle) {
      struct open_handle *closed = *link;
      *link = closed->next;
      free(closed);
      return;
    }
  }
}

/* Every nvs_set_* writes at once. */
esp_err_t nvs_commit(nvs_handle_t handle) {
  struct open_handle *open;
  return check(handle, false, &open);
}

static esp_err_t set(nvs_handle_t handle, const char *key, nvs_type_t type, const void *value, size_t size) {
  struct open_handle *open;
  esp_err_t err = check(handle, true, &open);
  if (err == ESP_OK) {
    err = check_key(key);
  }
  return err == ESP_OK ? store(open->namespace_index, key, type, value, size) : err;
}

static esp_err_t get(nvs_handle_t handle, const char *key, nvs_type_t type, struct entry **entry) {
  struct open_handle *open;
  esp_err_t err = check(handle, false, &open);
  if (err == ESP_OK) {
    err = check_key(key);
  }
  if (err != ESP_OK) {
    return err;
  }
  *entry = find(open->namespace_index, key);
  return *entry == NULL || (*entry)->type != type ? ESP_ERR_NVS_NOT_FOUND : ESP_OK;
}

static esp_err_t get_number(nvs_handle_t handle, const char *key, nvs_type_t type, void *out, size_t size) {
  struct entry *entry;
  esp_err_t err = get(handle, key, type, &entry);
  if (err == ESP_OK) {
    memcpy(out, entry->value, size);
  }
  return err;
}

#define NUMBER(suffix, ctype, type)                                                      \
  esp_err_t nvs_set_##suffix(nvs_handle_t handle, const char *key, ctype value) {        \
    return set(handle, key, type, &value, sizeof value);                                 \
  }                                                                                      \
  esp_err_t nvs_get_##suffix(nvs_handle_t handle, const char *key, ctype *out_value) {   \
    return get_number(handle, key, type, out_value, sizeof *out_value);                  \
  }

NUMBER(i8, int8_t, NVS_TYPE_I8)
NUMBER(u8, uint8_t, NVS_TYPE_U8)
NUMBER(i16, int16_t, NVS_TYPE_I16)
NUMBER(u16, uint16_t, NVS_TYPE_U16)
NUMBER(i32, int32_t, NVS_TYPE_I32)
NUMBER(u32, uint32_t, NVS_TYPE_U32)
NUMBER(i64, int64_t, NVS_TYPE_I64)
NUMBER(u64, uint64_t, NVS_TYPE_U64)

esp_err_t nvs_set_str(nvs_handle_t handle, const char *key, const char *value) {
  size_t size = strlen(value) + 1;
  return size > MAX_STRING_BYTES ? ESP_ERR_NVS_VALUE_TOO_LONG : set(handle, key, NVS_TYPE_STR, value, size);
}

esp_err_t nvs_set_blob(nvs_handle_t handle, const char *key, const void *value, size_t length) {
  return set(handle, key, NVS_TYPE_BLOB, value, length);
}

/* Without a buffer: the size only. A buffer that is too small is not written, and told what it should have been. */
static esp_err_t get_bytes(nvs_handle_t handle, const char *key, nvs_type_t type, void *out, size_t *length) {
  struct entry *entry;
  esp_err_t err = get(handle, key, type, &entry);
  if (err != ESP_OK) {
    return err;
  }
  if (length == NULL) {
    return ESP_ERR_NVS_INVALID_LENGTH;
  }
  bool is_too_small = out != NULL && *length < entry->size;
  *length = entry->size;
  if (is_too_small) {
    return ESP_ERR_NVS_INVALID_LENGTH;
  }
  if (out != NULL) {
    memcpy(out, value_of(entry), entry->size);
  }
  return ESP_OK;
}

esp_err_t nvs_get_str(nvs_handle_t handle, const char *key, char *out_value, size_t *length) {
  return get_bytes(handle, key, NVS_TYPE_STR, out_value, length);
}

esp_err_t nvs_get_blob(nvs_handle_t handle, const char *key, void *out_value, size_t *length) {
  return get_bytes(handle, key, NVS_TYPE_BLOB, out_value, length);
}

esp_err_t nvs_find_key(nvs_handle_t handle, const char *key, nvs_type_t *out_type) {
  struct open_handle *open;
  esp_err_t err = check(handle, false, &open);
  if (err == ESP_OK) {
    err = check_key(key);
  }
  if (err != ESP_OK) {
    return err;
  }
  struct entry *entry = find(open->namespace_index, key);
  if (entry == NULL) {
    return ESP_ERR_NVS_NOT_FOUND;
  }
  if (out_type != NULL) {
    *out_type = (nvs_type_t)entry->type;
  }
  return ESP_OK;
}

esp_err_t nvs_erase_key(nvs_handle_t handle, const char *key) {
  struct open_handle *open;
  esp_err_t err = check(handle, true, &open);
  if (err == ESP_OK) {
    err = check_key(key);
  }
  if (err != ESP_OK) {
    return err;
  }
  struct entry *entry = find(open->namespace_index, key);
  if (entry == NULL) {
    return ESP_ERR_NVS_NOT_FOUND;
  }
  erase(entry);
  return ESP_OK;
}

esp_err_t nvs_erase_all(nvs_handle_t handle) {
  struct open_handle *open;
  esp_err_t err = check(handle, true, &open);
  if (err != ESP_OK) {
    return err;
  }
  struct entry *entry = esp_nvs_flash;
  while (is_used(entry)) {
    if (entry->namespace_index == open->namespace_index) {
      erase(entry);
    } else {
      entry += entry->span;
    }
  }
  return ESP_OK;
}

esp_err_t nvs_get_stats(const char *part_name, nvs_stats_t *nvs_stats) {
  if (nvs_stats == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  if (!is_initialized) {
    return ESP_ERR_NVS_NOT_INITIALIZED;
  }
  if (part_name != NULL && !is_partition(part_name)) {
    return ESP_ERR_NVS_PART_NOT_FOUND;
  }
  size_t used = (size_t)(first_free() - esp_nvs_flash);
  size_t namespaces = 0;
  for (struct entry *entry = esp_nvs_flash; is_used(entry); entry += entry->span) {
    namespaces += entry->namespace_index == NAMESPACES;
  }
  *nvs_stats = (nvs_stats_t){ .used_entries = used,
                              .free_entries = TOTAL_ENTRIES - used,
                              .available_entries = USABLE_ENTRIES - used,
                              .total_entries = TOTAL_ENTRIES,
                              .namespace_count = namespaces };
  return ESP_OK;
}

esp_err_t nvs_get_used_entry_count(nvs_handle_t handle, size_t *used_entries) {
  struct open_handle *open;
  esp_err_t err = used_entries == NULL ? ESP_ERR_INVALID_ARG : check(handle, false, &open);
  if (err != ESP_OK) {
    return err;
  }
  *used_entries = 0;
  for (struct entry *entry = esp_nvs_flash; is_used(entry); entry += entry->span) {
    if (entry->namespace_index == open->namespace_index) {
      *used_entries += entry->span;
    }
  }
  return ESP_OK;
}

static bool is_sought(nvs_iterator_t iterator) {
  const struct entry *entry = iterator->entry;
  return entry->namespace_index != NAMESPACES &&
         (iterator->namespace_index < 0 || entry->namespace_index == iterator->namespace_index) &&
         (iterator->type == NVS_TYPE_ANY || entry->type == iterator->type);
}

/* Moves to the first entry from here on that fits; frees the iterator if there is none. */
static esp_err_t settle(nvs_iterator_t *iterator) {
  nvs_iterator_t it = *iterator;
  while (is_used(it->entry) && !is_sought(it)) {
    it->entry += it->entry->span;
  }
  if (is_used(it->entry)) {
    return ESP_OK;
  }
  free(it);
  *iterator = NULL;
  return ESP_ERR_NVS_NOT_FOUND;
}

static esp_err_t iterate(int namespace_index, nvs_type_t type, nvs_iterator_t *output_iterator) {
  nvs_iterator_t iterator = malloc(sizeof *iterator);
  *output_iterator = iterator;
  if (iterator == NULL) {
    return ESP_ERR_NO_MEM;
  }
  *iterator = (struct nvs_opaque_iterator_t){ esp_nvs_flash, namespace_index, type };
  return settle(output_iterator);
}

esp_err_t nvs_entry_find(const char *part_name, const char *namespace_name, nvs_type_t type,
                         nvs_iterator_t *output_iterator) {
  if (output_iterator == NULL || part_name == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  *output_iterator = NULL;
  if (!is_initialized || !is_partition(part_name)) {
    return ESP_ERR_NVS_NOT_FOUND;
  }
  if (namespace_name == NULL) {
    return iterate(-1, type, output_iterator);
  }
  struct entry *entry = find(NAMESPACES, namespace_name);
  return entry == NULL ? ESP_ERR_NVS_NOT_FOUND : iterate(entry->value[0], type, output_iterator);
}

esp_err_t nvs_entry_find_in_handle(nvs_handle_t handle, nvs_type_t type, nvs_iterator_t *output_iterator) {
  struct open_handle *open;
  esp_err_t err = output_iterator == NULL ? ESP_ERR_INVALID_ARG : check(handle, false, &open);
  return err == ESP_OK ? iterate(open->namespace_index, type, output_iterator) : err;
}

esp_err_t nvs_entry_next(nvs_iterator_t *iterator) {
  if (iterator == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  if (*iterator == NULL) {
    return ESP_ERR_NVS_NOT_FOUND;
  }
  (*iterator)->entry += (*iterator)->entry->span;
  return settle(iterator);
}

esp_err_t nvs_entry_info(const nvs_iterator_t iterator, nvs_entry_info_t *out_info) {
  if (iterator == NULL || out_info == NULL) {
    return ESP_ERR_INVALID_ARG;
  }
  const struct entry *entry = iterator->entry;
  out_info->namespace_name[0] = '\0';
  for (struct entry *name = esp_nvs_flash; is_used(name); name += name->span) {
    if (name->namespace_index == NAMESPACES && name->value[0] == entry->namespace_index) {
      strcpy(out_info->namespace_name, name->key);
    }
  }
  strcpy(out_info->key, entry->key);
  out_info->type = (nvs_type_t)entry->type;
  return ESP_OK;
}

void nvs_release_iterator(nvs_iterator_t iterator) {
  free(iterator);
}

esp_err_t nvs_flash_init(void) {
  is_initialized = true;
  return ESP_OK;
}

esp_err_t nvs_flash_init_partition(const char *partition_label) {
  return is_partition(partition_label) ? nvs_flash_init() : ESP_ERR_NOT_FOUND;
}

esp_err_t nvs_flash_deinit(void) {
  if (!is_initialized) {
    return ESP_ERR_NVS_NOT_INITIALIZED;
  }
  while (handles != NULL) {
    nvs_close(handles->number);
  }
  is_initialized = false;
  return ESP_OK;
}

esp_err_t nvs_flash_deinit_partition(const char *partition_label) {
  return is_partition(partition_label) ? nvs_flash_deinit() : ESP_ERR_NVS_NOT_INITIALIZED;
}

/* An initialized partition is closed first; it must be initialized again. */
esp_err_t nvs_flash_erase(void) {
  if (is_initialized) {
    nvs_flash_deinit();
  }
  memset(esp_nvs_flash, 0, sizeof esp_nvs_flash);
  return ESP_OK;
}

esp_err_t nvs_flash_erase_partition(const char *part_name) {
  return is_partition(part_name) ? nvs_flash_erase() : ESP_ERR_NOT_FOUND;
}
