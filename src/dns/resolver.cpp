#include <ares.h>
#include <arpa/nameser.h>
#include <poll.h>
#include <sys/time.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>

#include "base/text.h"
#include "dns/answer.h"

namespace kidoban::dns {

namespace {

// What a UDP answer may have before it is truncated and asked for again by TCP: what passes any path unfragmented
// (DNS flag day 2020).
constexpr int udp_bytes = 1232;

// One name asked for, with a channel of its own: a fresh port and id (RFC 5452 §9.2).
class Question {
 public:
  Question(const Options& options, const std::string& name) : name_(name) {
    ares_options wanted{};
    // A server's SERVFAIL is an answer to be told, not a reason to ask the next one until none is left.
    wanted.flags = ARES_FLAG_EDNS | ARES_FLAG_NOCHECKRESP;
    wanted.ednspsz = udp_bytes;
    wanted.timeout = static_cast<int>(options.first_try.count());
    wanted.tries = options.tries;
    wanted.sock_state_cb = [](void* self, ares_socket_t socket, int readable, int writable) {
      auto& waits = static_cast<Question*>(self)->waits_;
      const int events = (readable != 0 ? POLLIN : 0) | (writable != 0 ? POLLOUT : 0);
      if (events == 0) waits.erase(socket);
      else waits[socket] = static_cast<short>(events);
    };
    wanted.sock_state_cb_data = this;
    int status = ares_init_options(&channel_, &wanted,
                                   ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
    if (status == ARES_SUCCESS && !options.servers.empty()) {
      status = ares_set_servers_ports_csv(channel_, join(options.servers, ",").c_str());
    }
    if (status != ARES_SUCCESS) answer_ = failure_of(status, name_);
  }
  ~Question() {
    if (channel_ != nullptr) ares_destroy(channel_);
  }
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

  void ask() {
    if (answer_) return;
    const auto heard = [](void* self, int status, int, unsigned char* bytes, int length) {
      auto& question = *static_cast<Question*>(self);
      if (status == ARES_SUCCESS) question.answer_ = texts_of({bytes, static_cast<std::size_t>(length)});
      else if (status == ARES_ENODATA) question.answer_ = std::vector<std::string>{};
      else question.answer_ = failure_of(status, question.name_);
    };
    ares_query(channel_, name_.c_str(), ns_c_in, ns_t_txt, heard, this);
  }
  bool answered() const { return answer_.has_value(); }
  void give_up() {
    if (!answer_) ares_cancel(channel_);
  }
  Texts take() { return answer_ ? *std::move(answer_) : failure_of(ARES_ETIMEOUT, name_); }

  void wait_on(std::vector<pollfd>& all) const {
    for (const auto& [socket, events] : waits_) all.push_back({socket, events, 0});
  }
  // When c-ares wants to be called at the latest, whatever comes.
  std::chrono::milliseconds patience(std::chrono::milliseconds most) const {
    timeval longest{most.count() / 1000, static_cast<suseconds_t>(most.count() % 1000 * 1000)}, left{};
    const timeval* next = ares_timeout(channel_, &longest, &left);
    return std::chrono::milliseconds(next->tv_sec * 1000 + next->tv_usec / 1000 + 1);
  }
  void process(std::span<const pollfd> polled) {
    const auto mine = waits_;  // changes under our feet
    for (const pollfd& one : polled) {
      if (one.revents == 0 || !mine.contains(one.fd)) continue;
      const bool broken = (one.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
      ares_process_fd(channel_, (one.revents & POLLIN) != 0 || broken ? one.fd : ARES_SOCKET_BAD,
                      (one.revents & POLLOUT) != 0 ? one.fd : ARES_SOCKET_BAD);
    }
    ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // what timed out
  }

 private:
  std::string name_;
  ares_channel channel_ = nullptr;
  std::map<ares_socket_t, short> waits_;
  std::optional<Texts> answer_;
};

void run(std::span<const std::unique_ptr<Question>> questions, runtime::Deadline deadline) {
  using std::chrono::milliseconds;
  for (std::vector<pollfd> polled; !deadline.passed(); polled.clear()) {
    milliseconds patience = std::min(std::chrono::duration_cast<milliseconds>(deadline.left()), milliseconds(1000));
    bool under_way = false;
    for (const auto& question : questions) {
      if (question->answered()) continue;
      under_way = true;
      question->wait_on(polled);
      patience = std::min(patience, question->patience(patience));
    }
    if (!under_way) return;
    ::poll(polled.data(), polled.size(), static_cast<int>(patience.count()) + 1);
    for (const auto& question : questions) {
      if (!question->answered()) question->process(polled);
    }
  }
  for (const auto& question : questions) question->give_up();
}

}  // namespace

Result<std::unique_ptr<Resolver>> Resolver::open(Options options) {
  for (const std::string& server : options.servers) {
    ares_channel channel = nullptr;
    if (ares_init(&channel) != ARES_SUCCESS) return fail(Kind::unavailable, "dns_unusable", "c-ares can't begin");
    const int status = ares_set_servers_ports_csv(channel, server.c_str());
    ares_destroy(channel);
    if (status != ARES_SUCCESS || server.find(',') != std::string::npos) {
      return fail(Kind::malformed, "configuration_invalid",
                  "dns.servers: \"" + server + "\" is not ADDRESS or ADDRESS:PORT (for example 192.0.2.53 or [::1]:53)");
    }
  }
  return std::unique_ptr<Resolver>(new Resolver(std::move(options)));
}

Texts Resolver::txt(const std::string& name, runtime::Deadline deadline) const {
  return std::move(txt(std::span(&name, 1), deadline).front());
}

std::vector<Texts> Resolver::txt(std::span<const std::string> names, runtime::Deadline deadline) const {
  std::vector<std::unique_ptr<Question>> questions;
  questions.reserve(names.size());
  for (const std::string& name : names) questions.push_back(std::make_unique<Question>(options_, name));
  for (const auto& question : questions) question->ask();
  run(questions, deadline);
  std::vector<Texts> answers;
  answers.reserve(names.size());
  for (const auto& question : questions) answers.push_back(question->take());
  return answers;
}

}  // namespace kidoban::dns
