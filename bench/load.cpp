// The load generator: whole flows over loopback, a thread and a connection each. Driven by bench/run.mjs:
//   kidoban_load flow=code port=8080 connections=16 seconds=5 authorize=/t/demo/oauth2/authorize token=… client=…
// Prepares what the flow needs (signed-in sessions, tokens), prints "ready", waits for a line on standard input,
// runs, and prints one JSON line. Ends by itself: seconds are bounded, and so are connections.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <thread>

#include "load_http.h"

namespace bench {

namespace {

using Steady = std::chrono::steady_clock;
std::map<std::string, std::string> given;

const std::string& setting(const std::string& name) {
  const auto found = given.find(name);
  if (found == given.end()) throw std::runtime_error("missing " + name + "=");
  return found->second;
}

// RFC 7636 appendix B.
constexpr const char* verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
constexpr const char* challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

void want(int status, const Answer& answer, const char* what) {
  if (answer.status != status) throw std::runtime_error(std::string(what) + ": " + std::to_string(answer.status) + " " + answer.body.substr(0, 200));
}

// One person (or application) at one connection.
class Walker {
 public:
  explicit Walker(int number) : number_(number), connection_(std::atoi(setting("port").c_str())) {
    basic_ = "Authorization: Basic " + base64(setting("client") + ":" + setting("secret")) + "\r\n";
    // Each comes from an address of its own, as people do.
    address_ = "X-Forwarded-For: 192.0.2." + std::to_string(number % 250 + 1) + "\r\n";
  }

  void prepare(const std::string& flow) {
    if (flow == "code" || flow == "refresh" || flow == "introspection" || flow == "userinfo") {
      cookie_ = "Cookie: " + setting("cookie" + std::to_string(static_cast<std::size_t>(number_) % std::stoul(setting("cookies")))) + "\r\n";
    }
    if (flow == "refresh" || flow == "introspection" || flow == "userinfo") code();
    if (flow == "refresh" && refresh_token_.empty()) throw std::runtime_error("no refresh token");
  }

  void discovery() { want(200, connection_.get(setting("discovery")), "discovery"); }

  void client_credentials() {
    want(200, connection_.post(setting("token"), "grant_type=client_credentials", basic_), "client_credentials");
  }

  // The browser has a session: at once back with a code, which is redeemed.
  void code() {
    const auto sent = connection_.get(authorization(), cookie_ + address_);
    redeem(sent.location, sent);
  }

  // A browser that knows nothing yet: both pages are loaded and filled in.
  void password() {
    auto answer = connection_.get(authorization(), address_);
    std::string jar = "Cookie: " + (answer.cookies.empty() ? std::string() : answer.cookies.front()) + "\r\n" + address_ +
                      "Sec-Fetch-Site: same-origin\r\n";
    const std::string journey = target_of(answer.location);
    answer = connection_.get(journey, jar);
    want(200, answer, "the first page");
    answer = connection_.post(journey, "step=identify&csrf=" + url_encode(field_value(answer.body, "csrf")) + "&login=" + url_encode(login()), jar);
    want(303, answer, "the login");
    answer = connection_.get(journey, jar);
    want(200, answer, "the second page");
    answer = connection_.post(journey, "step=password&csrf=" + url_encode(field_value(answer.body, "csrf")) + "&password=" + url_encode(setting("password")), jar);
    redeem(answer.location, answer);
  }

  void refresh() {
    const auto answer = connection_.post(setting("token"), "grant_type=refresh_token&refresh_token=" + url_encode(refresh_token_), basic_);
    want(200, answer, "refresh");
    refresh_token_ = json_text(answer.body, "refresh_token");
  }

  void introspection() {
    const auto answer = connection_.post(setting("introspect"), "token=" + url_encode(access_token_), basic_);
    want(200, answer, "introspection");
    if (answer.body.find("\"active\":true") == std::string::npos) throw std::runtime_error("introspection: " + answer.body);
  }

  void userinfo() { want(200, connection_.get(setting("userinfo"), "Authorization: Bearer " + access_token_ + "\r\n"), "userinfo"); }

 private:
  std::string login() const { return "person" + std::to_string(number_) + "@demo.example"; }
  std::string authorization() const {
    return setting("authorize") + "?client_id=" + setting("client") + "&response_type=code&scope=openid%20profile%20email%20offline_access&state=s&nonce=n" +
           "&code_challenge_method=S256&code_challenge=" + challenge + "&redirect_uri=" + url_encode(setting("redirect"));
  }
  void redeem(const std::string& callback, const Answer& from) {
    const std::string one_time = query_value(callback, "code");
    if (!callback.starts_with(setting("redirect")) || one_time.empty()) {
      throw std::runtime_error("no code: " + std::to_string(from.status) + " " + callback + " " + from.body.substr(0, 200));
    }
    const auto answer = connection_.post(setting("token"), "grant_type=authorization_code&code=" + one_time + "&redirect_uri=" +
                                         url_encode(setting("redirect")) + "&code_verifier=" + verifier, basic_);
    want(200, answer, "token");
    access_token_ = json_text(answer.body, "access_token");
    refresh_token_ = json_text(answer.body, "refresh_token");
  }

  int number_;
  Connection connection_;
  std::string basic_, address_, cookie_, access_token_, refresh_token_;
};

const std::map<std::string, void (Walker::*)()> flows{
    {"discovery", &Walker::discovery}, {"client_credentials", &Walker::client_credentials}, {"code", &Walker::code},
    {"password", &Walker::password},   {"refresh", &Walker::refresh},                       {"introspection", &Walker::introspection},
    {"userinfo", &Walker::userinfo},
};

int run() {
  const std::string flow = setting("flow");
  const auto act = flows.at(flow);
  const int connections = std::clamp(std::atoi(setting("connections").c_str()), 1, 256);
  const double seconds = std::clamp(std::atof(setting("seconds").c_str()), 0.1, 60.0);
  std::vector<std::unique_ptr<Walker>> walkers;
  for (int i = 0; i < connections; ++i) {
    walkers.push_back(std::make_unique<Walker>(i));
    walkers.back()->prepare(flow);
  }
  std::puts("ready");
  std::fflush(stdout);
  std::string go;
  std::getline(std::cin, go);

  std::vector<std::vector<float>> taken(walkers.size());
  std::atomic<long> failed = 0;
  std::atomic<bool> told = false;
  const auto begun = Steady::now();
  const auto until = begun + std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(seconds));
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < walkers.size(); ++i) {
    threads.emplace_back([&, i] {
      for (auto now = Steady::now(); now < until;) {
        bool good = true;
        try {
          (walkers[i].get()->*act)();
        } catch (const std::exception& error) {
          good = false;
          ++failed;
          if (!told.exchange(true)) std::fprintf(stderr, "%s: %s\n", flow.c_str(), error.what());
          std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        const auto after = Steady::now();
        if (good) taken[i].push_back(std::chrono::duration<float, std::milli>(after - now).count());
        now = after;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const double lasted = std::chrono::duration<double>(Steady::now() - begun).count();
  std::vector<float> all;
  for (const auto& one : taken) all.insert(all.end(), one.begin(), one.end());
  std::ranges::sort(all);
  const auto at = [&](double part) { return all.empty() ? 0.0 : double(all[std::min(all.size() - 1, std::size_t(part * double(all.size())))]); };
  std::printf("{\"flows\":%zu,\"failed\":%ld,\"seconds\":%.3f,\"p50_ms\":%.3f,\"p99_ms\":%.3f}\n", all.size(), failed.load(), lasted, at(0.5), at(0.99));
  return all.empty() ? 1 : 0;
}

}  // namespace

}  // namespace bench

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const std::size_t equals = word.find('=');
    if (equals != std::string::npos) bench::given[word.substr(0, equals)] = word.substr(equals + 1);
  }
  try {
    return bench::run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "kidoban_load: %s\n", error.what());
    return 1;
  }
}
