#include "http/client.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "base/require.h"

namespace kidoban::http {

namespace {

struct EasyFree { void operator()(CURL* c) const { curl_easy_cleanup(c); } };
struct ListFree { void operator()(curl_slist* l) const { curl_slist_free_all(l); } };

CURL* thread_handle() {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  require(ready == CURLE_OK, "libcurl starts");
  thread_local const std::unique_ptr<CURL, EasyFree> handle(curl_easy_init());
  require(handle != nullptr, "libcurl gives a handle");
  curl_easy_reset(handle.get());  // connections stay
  return handle.get();
}

struct Sink {
  std::string body;
  std::size_t most;
  bool full = false;
};
std::size_t take(char* data, std::size_t, std::size_t size, void* to) {
  auto& sink = *static_cast<Sink*>(to);
  if (sink.body.size() + size > sink.most) {
    sink.full = true;
    return 0;  // ends the transfer
  }
  sink.body.append(data, size);
  return size;
}

}  // namespace

Result<Answered> ask(const Asked& asked, runtime::Deadline deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline.left());
  const auto time = std::min(asked.time, left);
  if (time.count() <= 0) return fail(Kind::unavailable, "server_too_slow");
  CURL* const curl = thread_handle();
  Sink sink{{}, asked.most_bytes};
  curl_slist* list = nullptr;
  for (const auto& [name, value] : asked.headers) list = curl_slist_append(list, (name + ": " + value).c_str());
  const std::unique_ptr<curl_slist, ListFree> headers(list);
  curl_easy_setopt(curl, CURLOPT_URL, asked.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "Kidoban");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);  // no SIGALRM among threads
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(time.count()));
  curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(asked.most_bytes));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &sink);
  const CURLcode done = curl_easy_perform(curl);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, nullptr);
  if (sink.full || done == CURLE_FILESIZE_EXCEEDED) return fail(Kind::unavailable, "answer_too_large");
  if (done == CURLE_OPERATION_TIMEDOUT) return fail(Kind::unavailable, "server_too_slow", curl_easy_strerror(done));
  if (done != CURLE_OK) return fail(Kind::unavailable, "server_unreachable", curl_easy_strerror(done));
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  return Answered{static_cast<int>(status), std::move(sink.body)};
}

}  // namespace kidoban::http
