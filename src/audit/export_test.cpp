#include "audit/export.h"

#include <doctest/doctest.h>

#include <boost/json.hpp>

namespace kidoban::audit {
namespace {

Record record_of(std::string detail) {
  return {.id = *Id::parse("018f3f6e-0000-7000-8000-000000000001"),
          .at = from_us(1'800'000'000'123'456),
          .name = "person.changed",
          .outcome = "refused",
          .actor_kind = "person",
          .target_kind = "person",
          .reason = "login_taken",
          .actor = *Id::parse("018f3f6e-0000-7000-8000-000000000002"),
          .target = *Id::parse("018f3f6e-0000-7000-8000-000000000003"),
          .session = {},
          .detail_json = std::move(detail)};
}

const char* const hostile = R"({"client_address":"203.0.113.7","user_agent":"=cmd|' /C calc'!A0 \"x\" ]|\\ a=b\r\nCEF:0|","note":"門番\n\"]"})";

TEST_CASE("CSV is one row a record, quoted, and begins no formula") {
  const std::string line = line_of(Format::csv, record_of(hostile), "id.example.com");
  CHECK(heading_of(Format::csv).starts_with("id,at,event"));
  CHECK(line.find(R"("'=cmd|' /C calc'!A0 ""x"" ]|\ a=b)") != std::string::npos);
  CHECK(line.ends_with("\"\r\n"));
  for (const char* start : {"=1", "+1", "-1", "@x", "\t=1", " =1", "＝1", "＠x"}) {
    boost::json::object detail{{"user_agent", start}};
    INFO(start);
    CHECK(line_of(Format::csv, record_of(boost::json::serialize(detail)), "").find("\"'" + std::string(start)) != std::string::npos);
  }
  // What is no formula is left as it was.
  CHECK(line_of(Format::csv, record_of(R"x({"user_agent":"Mozilla/5.0 (a=b)"})x"), "").find("\"Mozilla/5.0 (a=b)\"") != std::string::npos);
}

TEST_CASE("a JSON line reads back as what it was") {
  const std::string line = line_of(Format::jsonl, record_of(hostile), "");
  CHECK(line.find('\n') == line.size() - 1);
  const auto read = boost::json::parse(line).as_object();
  CHECK(read.at("event") == "person.changed");
  CHECK(read.at("at") == "2027-01-15T08:00:00.123456Z");
  CHECK(read.at("detail").at("note") == "門番\n\"]");
  CHECK_FALSE(read.contains("session"));
}

TEST_CASE("syslog is one RFC 5424 message a line, whatever a browser calls itself") {
  const std::string line = line_of(Format::syslog, record_of(hostile), "id.example.com");
  CHECK(line.starts_with("<109>1 2027-01-15T08:00:00.123456Z id.example.com kidoban - person.changed [kidoban@32473 id=\"018f3f6e-"));
  CHECK(line.find('\n') == line.size() - 1);
  CHECK(line.find(R"(userAgent="=cmd|' /C calc'!A0 \"x\" \]|\\ a=b  CEF:0|")") != std::string::npos);
  CHECK(line.find(R"(門番\\n\\\"\])") != std::string::npos);
  CHECK(line.ends_with("\"]\n"));
  CHECK(line_of(Format::syslog, record_of("{}"), "").find("Z - kidoban - ") != std::string::npos);
}

TEST_CASE("CEF keeps its fields apart") {
  const std::string line = line_of(Format::cef, record_of(hostile), "id.example.com");
  CHECK(line.starts_with("CEF:0|Kidoban|Kidoban|1|person.changed|person.changed|5|rt=1800000000123 externalId=018f3f6e-"));
  CHECK(line.find('\n') == line.size() - 1);
  CHECK(line.find(R"(requestClientApplication=\=cmd|' /C calc'!A0 "x" ]|\\ a\=b  CEF:0|)") != std::string::npos);
  CHECK(line.find(" src=203.0.113.7 ") != std::string::npos);
  CHECK(line_of(Format::cef, record_of(R"({"client_address":"2001:db8::1"})"), "").find(" c6a2=2001:db8::1 c6a2Label=Source IPv6 Address") != std::string::npos);
}

TEST_CASE("a format nobody knows is none") {
  CHECK(format_named("cef") == Format::cef);
  for (const char* name : {"", "CSV", "xml", "csv "}) CHECK_FALSE(format_named(name));
}

}  // namespace
}  // namespace kidoban::audit
