#include "mail/smtp.h"

#include <curl/curl.h>

#include <array>
#include <cstring>
#include <mutex>

#include "base/require.h"
#include "base/text.h"

namespace kidoban::mail {

namespace {

using Came = SmtpAnswer::Came;

constexpr long connect_s = 20;
// RFC 5321 §4.5.3.2 allows a server minutes; a lease must outlast a batch of these.
constexpr long whole_s = 90;
constexpr std::size_t reply_bytes = 512;

// It isn't about this mail: the next would meet the same.
bool is_of_the_server(CURLcode code, long reply) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_REMOTE_ACCESS_DENIED:
    case CURLE_USE_SSL_FAILED:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_LOGIN_DENIED:
    case CURLE_AUTH_ERROR: return true;
    default: break;
  }
  // RFC 5321 §3.8 (closing), RFC 4954 §6 and RFC 3207 §4 (authentication or TLS is wanted).
  return reply == 421 || reply == 454 || reply == 530 || reply == 534 || reply == 535 || reply == 538;
}

}  // namespace

struct Smtp::Inside {
  CURL* easy = nullptr;
  std::string url, from;
  std::string_view left;           // of the message
  bool message_begun = false;
  std::string reply;               // the last line the server said
  std::array<char, CURL_ERROR_SIZE> error{};

  static std::size_t read(char* to, std::size_t size, std::size_t count, void* self) {
    auto& in = *static_cast<Inside*>(self);
    in.message_begun = true;
    const std::size_t length = std::min(size * count, in.left.size());
    std::memcpy(to, in.left.data(), length);
    in.left.remove_prefix(length);
    return length;
  }
  static std::size_t heard(char* line, std::size_t size, std::size_t count, void* self) {
    auto& in = *static_cast<Inside*>(self);
    const std::string_view said(line, std::min(size * count, reply_bytes));
    if (!said.starts_with("221")) in.reply = said;  // its goodbye tells nothing
    return size * count;
  }
  template <class T>
  void set(CURLoption option, T value) {
    require(curl_easy_setopt(easy, option, value) == CURLE_OK, "libcurl takes the option");
  }
};

Smtp::Smtp(const SmtpOptions& options) : inside_(std::make_unique<Inside>()) {
  static std::once_flag once;
  std::call_once(once, [] { require(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK, "libcurl starts"); });
  Inside& in = *inside_;
  in.easy = curl_easy_init();
  require(in.easy != nullptr, "libcurl gives a handle");
  const bool tls = options.tls == SmtpOptions::Tls::tls;
  // What stands behind the slash is the name we say in EHLO.
  in.from = "<" + options.from + ">";
  in.url = (tls ? "smtps://" : "smtp://") + options.server + "/" + options.from.substr(options.from.rfind('@') + 1);
  in.set(CURLOPT_URL, in.url.c_str());
  in.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  in.set(CURLOPT_PROXY, "");  // no proxy of the environment's
  in.set(CURLOPT_USE_SSL, static_cast<long>(options.tls == SmtpOptions::Tls::none ? CURLUSESSL_NONE : CURLUSESSL_ALL));
  in.set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options.ca_file.empty()) in.set(CURLOPT_CAINFO, options.ca_file.c_str());
  if (!options.username.empty()) {
    in.set(CURLOPT_USERNAME, options.username.c_str());
    in.set(CURLOPT_PASSWORD, options.password.c_str());
  }
  in.set(CURLOPT_NOSIGNAL, 1L);
  in.set(CURLOPT_CONNECTTIMEOUT, connect_s);
  in.set(CURLOPT_TIMEOUT, whole_s);
  in.set(CURLOPT_UPLOAD, 1L);
  in.set(CURLOPT_MAIL_FROM, in.from.c_str());
  in.set(CURLOPT_READFUNCTION, &Inside::read);
  in.set(CURLOPT_READDATA, &in);
  in.set(CURLOPT_HEADERFUNCTION, &Inside::heard);
  in.set(CURLOPT_HEADERDATA, &in);
  in.set(CURLOPT_ERRORBUFFER, in.error.data());
}

Smtp::~Smtp() { curl_easy_cleanup(inside_->easy); }

SmtpAnswer Smtp::send(std::string_view to, std::string_view message) {
  Inside& in = *inside_;
  in.left = message;
  in.message_begun = false;
  in.reply.clear();
  in.error[0] = '\0';
  using List = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;
  const List recipients(curl_slist_append(nullptr, ("<" + std::string(to) + ">").c_str()), &curl_slist_free_all);
  in.set(CURLOPT_MAIL_RCPT, recipients.get());
  const CURLcode done = curl_easy_perform(in.easy);
  in.set(CURLOPT_MAIL_RCPT, static_cast<curl_slist*>(nullptr));
  SmtpAnswer answer{Came::sent, 0, std::string(trim(in.reply.substr(0, in.reply.find_last_not_of("\r\n") + 1)))};
  curl_easy_getinfo(in.easy, CURLINFO_RESPONSE_CODE, &answer.code);
  if (done == CURLE_OK) return answer;
  const bool refused = answer.code >= 400 && answer.code < 600;
  // The line's own trouble says more than the last reply that was good.
  if (!refused || answer.words.empty()) answer.words = in.error[0] != '\0' ? in.error.data() : curl_easy_strerror(done);
  // A greeting that is none (554), as against a message that was refused at its end.
  const bool at_the_door = done == CURLE_WEIRD_SERVER_REPLY && !in.message_begun;
  const bool never_spoke = done == CURLE_OPERATION_TIMEDOUT && in.reply.empty();
  if (is_of_the_server(done, answer.code) || at_the_door || never_spoke) answer.came = Came::no_server;
  else answer.came = refused && answer.code >= 500 ? Came::never : Came::later;
  return answer;
}

}  // namespace kidoban::mail
