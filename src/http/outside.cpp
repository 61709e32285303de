// Requests to servers that others chose (client.h).

#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/require.h"
#include "base/text.h"
#include "http/client.h"
#include "http/public_address.h"

namespace kidoban::http {

namespace {

constexpr std::size_t most_body = 64 * 1024;     // read so that the connection can be kept; more ends it
constexpr std::size_t most_headers = 32 * 1024;  // of an honest answer: one or two
constexpr long connect_ms = 5000;
constexpr std::size_t url_bytes = 2048;

struct EasyFree { void operator()(CURL* c) const { curl_easy_cleanup(c); } };
struct ListFree { void operator()(curl_slist* l) const { curl_slist_free_all(l); } };
struct UrlFree { void operator()(CURLU* u) const { curl_url_cleanup(u); } };
struct TextFree { void operator()(char* t) const { curl_free(t); } };

// Of its own: connections that `ask` keeps may lead anywhere.
CURL* thread_handle() {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  require(ready == CURLE_OK, "libcurl starts");
  thread_local const std::unique_ptr<CURL, EasyFree> handle(curl_easy_init());
  require(handle != nullptr, "libcurl gives a handle");
  curl_easy_reset(handle.get());  // connections stay
  return handle.get();
}

bool may_reach(const Reach& reach, const Address& address) { return is_public(address) || contains(reach.also, address); }

struct Call {
  const Reach& reach;
  bool refused = false;            // an address was
  bool body_began = false, full = false;
  std::size_t header_bytes = 0, body_bytes = 0;
};

std::optional<Address> address_of(const curl_sockaddr& to) {
  Address out;
  if (to.family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &to.addr, sizeof v6);
    std::memcpy(out.bytes.data(), &v6.sin6_addr, out.bytes.size());
    return out;
  }
  if (to.family != AF_INET) return std::nullopt;
  sockaddr_in v4{};
  std::memcpy(&v4, &to.addr, sizeof v4);
  out = *Address::parse("0.0.0.0");
  std::memcpy(out.bytes.data() + 12, &v4.sin_addr, 4);
  return out;
}

// Asked with each address that is about to be connected to: between this and the connection nothing is looked up again.
curl_socket_t open_socket(void* self, curlsocktype purpose, curl_sockaddr* to) {
  auto& call = *static_cast<Call*>(self);
  const auto address = address_of(*to);
  if (purpose != CURLSOCKTYPE_IPCXN || !address || !may_reach(call.reach, *address)) {
    call.refused = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

// A connection that is kept was made under another call's eyes, perhaps within another reach.
int before_request(void* self, char* address, char*, int, int) {
  auto& call = *static_cast<Call*>(self);
  const auto parsed = Address::parse(address);
  if (parsed && may_reach(call.reach, *parsed)) return CURL_PREREQFUNC_OK;
  call.refused = true;
  return CURL_PREREQFUNC_ABORT;
}

std::size_t take_header(char*, std::size_t size, std::size_t count, void* self) {
  auto& call = *static_cast<Call*>(self);
  call.header_bytes += size * count;
  return call.header_bytes > most_headers ? 0 : size * count;
}

std::size_t take_body(char*, std::size_t, std::size_t size, void* self) {
  auto& call = *static_cast<Call*>(self);
  call.body_began = true;
  call.body_bytes += size;
  call.full = call.body_bytes > most_body;
  return call.full ? 0 : size;
}

Failure failure_of(CURLcode code, const Call& call) {
  const auto say = [&](Reason reason) { return fail(Kind::unavailable, reason, curl_easy_strerror(code)); };
  if (call.refused) return say("address_forbidden");
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST: return say("name_unresolvable");
    case CURLE_OPERATION_TIMEDOUT: return say("server_too_slow");
    case CURLE_PEER_FAILED_VERIFICATION: return say("certificate_invalid");
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER: return say("tls_failed");
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_GOT_NOTHING:
    case CURLE_WRITE_ERROR: return say("answer_malformed");
    default: return say("server_unreachable");
  }
}

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  const std::unique_ptr<char, TextFree> owner(text);
  return text;
}

}  // namespace

Result<std::string> check_url(const std::string& text, const Reach& reach) {
  const auto bad = [](std::string note) { return fail(Kind::malformed, "url_malformed", std::move(note)); };
  if (text.size() > url_bytes) return bad("longer than 2048 bytes");
  if (!std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7f && c != '\\'; })) return bad("printable ASCII alone: others are percent-encoded");
  const std::unique_ptr<CURLU, UrlFree> url(curl_url());
  require(url != nullptr, "libcurl reads URLs");
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) return bad("no absolute URL");
  if (part_of(url.get(), CURLUPART_SCHEME) != "https") return fail(Kind::malformed, "url_not_https");
  if (!part_of(url.get(), CURLUPART_USER).empty() || !part_of(url.get(), CURLUPART_PASSWORD).empty()) return bad("it names a user");
  if (!part_of(url.get(), CURLUPART_FRAGMENT).empty() || text.find('#') != std::string::npos) return bad("it has a fragment");
  std::string host = part_of(url.get(), CURLUPART_HOST);  // 0x7f.1 and the like are spelled as 127.0.0.1 by now
  if (host.empty()) return bad("it has no host");
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  const auto address = Address::parse(bracketed ? std::string_view(host).substr(1, host.size() - 2) : std::string_view(host));
  if (bracketed && !address) return bad("no IPv6 address between the brackets");
  if (address && !may_reach(reach, *address)) return fail(Kind::malformed, "url_unreachable", "not a public address");
  // RFC 6761 §6.3: it is this machine, whoever is asked.
  const std::string lower = ascii_lower(host.ends_with('.') ? host.substr(0, host.size() - 1) : host);
  const bool local = lower == "localhost" || lower.ends_with(".localhost");
  const auto loopback = Address::parse("127.0.0.1"), loopback6 = Address::parse("::1");
  if (local && !may_reach(reach, *loopback) && !may_reach(reach, *loopback6)) return fail(Kind::malformed, "url_unreachable", "this machine itself");
  return host;
}

Result<Taken> post_within(const Reach& reach, const Posted& posted, runtime::Deadline deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline.left());
  const auto time = std::min(posted.time, left);
  if (time.count() <= 0) return fail(Kind::unavailable, "server_too_slow");
  CURL* const curl = thread_handle();
  Call call{reach};
  curl_slist* list = nullptr;
  for (const auto& [name, value] : posted.headers) list = curl_slist_append(list, (name + ": " + value).c_str());
  list = curl_slist_append(list, "Expect:");  // no waiting for a "100 Continue"
  const std::unique_ptr<curl_slist, ListFree> headers(list);
  const auto set = [&](CURLoption option, auto value) { require(curl_easy_setopt(curl, option, value) == CURLE_OK, "libcurl takes the option"); };
  set(CURLOPT_URL, posted.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROXY, "");  // its address would be checked in the server's place
  set(CURLOPT_OPENSOCKETFUNCTION, open_socket);
  set(CURLOPT_OPENSOCKETDATA, &call);
  set(CURLOPT_PREREQFUNCTION, before_request);
  set(CURLOPT_PREREQDATA, &call);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!reach.ca_file.empty()) set(CURLOPT_CAINFO, reach.ca_file.c_str());
  set(CURLOPT_HTTPHEADER, headers.get());
  set(CURLOPT_USERAGENT, "Kidoban");
  set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(posted.body.size()));
  set(CURLOPT_POSTFIELDS, posted.body.data());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(time.count()));
  set(CURLOPT_HEADERFUNCTION, take_header);
  set(CURLOPT_HEADERDATA, &call);
  set(CURLOPT_WRITEFUNCTION, take_body);
  set(CURLOPT_WRITEDATA, &call);
  const CURLcode done = curl_easy_perform(curl);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_off_t wait = 0;
  curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &wait);
  curl_easy_reset(curl);  // nothing of this call is looked at after it
  // Whoever has said the status and is slow or endless with the rest has answered.
  const bool answered = done == CURLE_OK || (call.body_began && status >= 200);
  if (!answered) return failure_of(done, call);
  Taken out{.status = static_cast<int>(status), .retry_after = {}};
  if (wait > 0) out.retry_after = std::chrono::seconds(wait);
  return out;
}

}  // namespace kidoban::http
