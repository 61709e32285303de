#include "dns/dns.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/limits.h"
#include "kit/name_server.h"

namespace kidoban::dns {
namespace {

runtime::Deadline soon() { return runtime::Deadline::after(std::chrono::seconds(10)); }

std::unique_ptr<Resolver> asking(std::vector<std::string> servers, std::chrono::milliseconds first_try = std::chrono::milliseconds(1500)) {
  auto opened = Resolver::open({std::move(servers), first_try, 2});
  REQUIRE(opened);
  return *std::move(opened);
}

std::string reason_of(const Texts& texts) { return texts ? "it went well" : std::string(texts.error().reason.text()); }

TEST_CASE("TXT records come whole: strings joined, truncated answers asked for again by TCP") {
  kit::NameServer server;
  std::string records = "one TXT \"kidoban=\" \"1\"\none TXT \"v=spf1 -all\"\nhere A 127.0.0.1\nalias CNAME one\n";
  const std::string line(200, 'x');
  for (int i = 0; i < 100; ++i) records += "many TXT \"" + line + std::to_string(i) + "\"\n";
  server.publish({{"acme.example", records}});
  const auto resolver = asking({server.address()});
  auto two = resolver->txt("one.acme.example", soon());
  REQUIRE(two);
  std::ranges::sort(*two);
  CHECK(*two == std::vector<std::string>{"kidoban=1", "v=spf1 -all"});
  CHECK(resolver->txt("here.acme.example", soon())->empty());
  CHECK(resolver->txt("many.acme.example", soon())->size() == 100);  // 21 kB
  CHECK(resolver->txt("alias.acme.example", soon())->size() == 2);
}

TEST_CASE("every way to get no answer has its reason") {
  kit::NameServer server;
  std::string records;
  for (std::size_t i = 0; i <= limits::dns_records; ++i) records += "flood TXT \"" + std::to_string(i) + "\"\n";
  for (int part = 0; part < 20; ++part) records += (part == 0 ? "long TXT" : "") + (" \"" + std::string(250, 'y') + "\"");
  records += "\nlong TXT \"short\"\n";
  server.publish({{"acme.example", records}, {"broken.example", "broken"}});
  const auto resolver = asking({server.address()});
  CHECK(reason_of(resolver->txt("nobody.acme.example", soon())) == "dns_name_unknown");
  CHECK(reason_of(resolver->txt("www.broken.example", soon())) == "dns_server_failed");
  CHECK(reason_of(resolver->txt("elsewhere.test", soon())) == "dns_refused");
  CHECK(reason_of(resolver->txt("flood.acme.example", soon())) == "dns_answer_too_large");
  CHECK(*resolver->txt("long.acme.example", soon()) == std::vector<std::string>{"short"});
  CHECK(reason_of(resolver->txt("a..acme.example", soon())) == "dns_name_malformed");
  CHECK(reason_of(resolver->txt(std::string(300, 'a') + ".example", soon())) == "dns_name_malformed");
  CHECK(reason_of(asking({"127.0.0.1:1"})->txt("acme.example", soon())) == "dns_unreachable");
}

TEST_CASE("a server that says nothing costs no more than the deadline, and the next one is asked") {
  const kit::SilentServer silent;
  kit::NameServer server;
  server.publish({{"acme.example", "one TXT \"here\"\n"}});
  const auto began = runtime::Deadline::Steady::now();
  const auto alone = asking({silent.address()}, std::chrono::milliseconds(5000));
  CHECK(reason_of(alone->txt("acme.example", runtime::Deadline::after(std::chrono::milliseconds(300)))) == "dns_timeout");
  CHECK(runtime::Deadline::Steady::now() - began < std::chrono::seconds(3));
  const auto both = asking({silent.address(), server.address()}, std::chrono::milliseconds(200));
  CHECK(*both->txt("one.acme.example", soon()) == std::vector<std::string>{"here"});
}

TEST_CASE("many names are asked for together, each answered in its place") {
  const kit::SilentServer silent;
  kit::NameServer server;
  std::string records;
  for (int i = 0; i < 100; ++i) records += "n" + std::to_string(i) + " TXT \"" + std::to_string(i) + "\"\n";
  server.publish({{"acme.example", records}});
  std::vector<std::string> names;
  for (int i = 0; i < 101; ++i) names.push_back("n" + std::to_string(i) + ".acme.example");
  const auto answers = asking({server.address()})->txt(names, soon());
  REQUIRE(answers.size() == 101);
  for (int i = 0; i < 100; ++i) CHECK(*answers[static_cast<std::size_t>(i)] == std::vector<std::string>{std::to_string(i)});
  CHECK(reason_of(answers.back()) == "dns_name_unknown");
  CHECK(asking({server.address()})->txt(std::span<const std::string>(), soon()).empty());
}

TEST_CASE("servers are addresses") {
  for (const char* bad : {"dns.example", "127.0.0.1:x", "127.0.0.1,127.0.0.2", "nonsense:53"}) {
    CAPTURE(std::string(bad));
    const auto opened = Resolver::open({{bad}});
    REQUIRE_FALSE(opened);
    CHECK(opened.error().reason == "configuration_invalid");
  }
  CHECK(Resolver::open({{"192.0.2.1", "[::1]:53", "127.0.0.1:5353"}}));
}

}  // namespace
}  // namespace kidoban::dns
