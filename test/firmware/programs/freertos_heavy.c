/* FreeRTOS and little else: a sampling timer, a queue to a worker, an event group that gathers, a notification back,
 * a counting semaphore, a stream buffer, a critical section. */
#include <stdio.h>
#include <string.h>
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "freertos/queue.h"
#include "freertos/semphr.h"
#include "freertos/event_groups.h"
#include "freertos/stream_buffer.h"
#include "freertos/timers.h"
#include "esp_log.h"
#include "esp_timer.h"

#define SAMPLES 6
#define QUEUE_EMPTIED BIT0
#define STREAM_READ BIT1

typedef struct {
    int number;
    TickType_t at;
} sample_t;

static const char *TAG = "freertos_heavy";
static QueueHandle_t samples;
static EventGroupHandle_t finished;
static SemaphoreHandle_t slots;
static SemaphoreHandle_t console;
static StreamBufferHandle_t stream;
static TaskHandle_t main_task;
static portMUX_TYPE spinlock = portMUX_INITIALIZER_UNLOCKED;
static int taken;
static int dropped;

static void on_sample(TimerHandle_t timer)
{
    static int number;
    sample_t sample = { .number = ++number, .at = xTaskGetTickCount() };
    if (xQueueSend(samples, &sample, 0) != pdTRUE) {
        dropped++;
    }
    if (number == SAMPLES) {
        xTimerStop(timer, 0);
    }
}

static void on_alarm(void *arg)
{
    xTaskNotify((TaskHandle_t)arg, 0x10, eSetBits);
}

static void worker(void *arg)
{
    sample_t sample;
    while (xQueueReceive(samples, &sample, pdMS_TO_TICKS(500)) == pdTRUE) {
        xSemaphoreTake(console, portMAX_DELAY);
        ESP_LOGI(TAG, "sample %d, taken at tick %" PRIu32, sample.number, sample.at);
        xSemaphoreGive(console);
        portENTER_CRITICAL(&spinlock);
        taken++;
        portEXIT_CRITICAL(&spinlock);
        char letter = (char)('a' + sample.number);
        xStreamBufferSend(stream, &letter, 1, 0);
        vTaskDelay(pdMS_TO_TICKS(40));
    }
    xEventGroupSetBits(finished, QUEUE_EMPTIED);
    vTaskDelete(NULL);
}

static void reader(void *arg)
{
    char text[SAMPLES + 1] = "";
    size_t length = 0;
    while (length < SAMPLES) {
        size_t n = xStreamBufferReceive(stream, text + length, SAMPLES - length, pdMS_TO_TICKS(1000));
        if (n == 0) {
            break;
        }
        length += n;
    }
    ESP_LOGI(TAG, "stream: %s", text);
    xEventGroupSetBits(finished, STREAM_READ);
    vTaskDelete(NULL);
}

static void visitor(void *arg)
{
    int number = (int)(intptr_t)arg;
    xSemaphoreTake(slots, portMAX_DELAY);
    ESP_LOGI(TAG, "visitor %d in", number);
    vTaskDelay(pdMS_TO_TICKS(100));
    xSemaphoreGive(slots);
    xTaskNotifyGive(main_task);
    vTaskDelete(NULL);
}

void app_main(void)
{
    main_task = xTaskGetCurrentTaskHandle();
    samples = xQueueCreate(4, sizeof(sample_t));
    finished = xEventGroupCreate();
    slots = xSemaphoreCreateCounting(2, 2);
    console = xSemaphoreCreateMutex();
    stream = xStreamBufferCreate(16, 3);
    TimerHandle_t timer = xTimerCreate("sample", pdMS_TO_TICKS(30), pdTRUE, NULL, on_sample);
    configASSERT(samples && finished && slots && console && stream && timer);

    xTaskCreate(worker, "worker", 3072, NULL, 4, NULL);
    xTaskCreate(reader, "reader", 3072, NULL, 3, NULL);
    xTimerStart(timer, portMAX_DELAY);
    EventBits_t bits = xEventGroupWaitBits(finished, QUEUE_EMPTIED | STREAM_READ, pdTRUE, pdTRUE, pdMS_TO_TICKS(5000));
    ESP_LOGI(TAG, "bits 0x%" PRIx32 ", %d taken, %d dropped", bits, taken, dropped);

    for (int i = 1; i <= 3; i++) {
        xTaskCreate(visitor, "visitor", 2048, (void *)(intptr_t)i, 5, NULL);
    }
    for (int i = 0; i < 3; i++) {
        ulTaskNotifyTake(pdFALSE, portMAX_DELAY);
    }
    ESP_LOGI(TAG, "all visitors are out, %u slots", (unsigned)uxSemaphoreGetCount(slots));

    const esp_timer_create_args_t args = { .callback = on_alarm, .arg = main_task, .name = "alarm" };
    esp_timer_handle_t alarm;
    uint32_t value = 0;
    ESP_ERROR_CHECK(esp_timer_create(&args, &alarm));
    ESP_ERROR_CHECK(esp_timer_start_once(alarm, 25000));
    xTaskNotifyWait(0, UINT32_MAX, &value, portMAX_DELAY);
    ESP_LOGI(TAG, "alarm 0x%" PRIx32, value);
    ESP_ERROR_CHECK(esp_timer_delete(alarm));
    vQueueDelete(samples);
    vSemaphoreDelete(slots);
    vSemaphoreDelete(console);
    vEventGroupDelete(finished);
    vStreamBufferDelete(stream);
}
