// The form of a configuration's file: what is written is read back, and what is broken is told with its place.

#include "service/configuration_file.h"

#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "service/configuration.h"

namespace kidoban::service {
namespace {

namespace json = boost::json;

json::object object(std::string_view text) { return json::parse(text).as_object(); }

std::string note_of(std::string_view text) {
  const auto read = read_configuration(text, "a.toml");
  if (!read) return read.error().note;
  const auto checked = check_configuration(*read);
  return checked ? "" : checked.error().note;
}

TEST_CASE("what is written is read back, whatever it says") {
  for (const char* text : {
           R"j({})j",
           R"j({"format":1,"role":[],"group":[{"name":"営業部","rule":"department eq \"Sales\" and not (title eq \"Intern\")"},{"name":"b","groups":["x","y"]}]})j",
           R"j({"settings":{"mail":{"from_name":"","wording":{"password_reset":{"ja":{"subject":"件名","body":"一行目\n\n三行目 \"\"\" と \\ と '''\n"}}},"system_destinations":["a@b.example"]}}})j",
           R"j({"settings":{"password":{"default":{"min_length":15},"overrides":[{"groups":["@group/A"],"policy":{"min_length":20}}],"lock":{}}}})j",
           R"j({"a b":{"c.d":{"\"":1}},"x\ny":[true,false,[1,[2]],{"k":[]}],"t":"\u0000\u001f\u007f\t\r\n","q":"\n\"\"\"\"\"","e":"a\"\n\""})j",
           R"j({"empty":{},"deep":{"er":{"est":{}}},"list":[{"only":{"tables":1}},{}]})j",
       }) {
    const auto content = object(text);
    const std::string written = print_configuration(content, {{"", "Head\n\nMore"}, {"group", "Groups"}});
    const auto read = read_configuration(written, "a.toml");
    REQUIRE_MESSAGE(read.has_value(), read.error().note << "\n" << written);
    CHECK_MESSAGE(read->content == content, written);
    CHECK(print_configuration(read->content, {{"", "Head\n\nMore"}, {"group", "Groups"}}) == written);
  }
}

TEST_CASE("a file reads like one that somebody wrote") {
  const auto content = object(R"({"format":1,"domain":[],"tenant":{"name":"Acme"},"settings":{"mail":{"reply_to":"","wording":{"a":{"en":{"subject":"S","body":"One\nTwo"}}}}},"role":[{"name":"Desk","permissions":["people_read","people_reset"]}]})");
  CHECK(print_configuration(content, {{"", "Top"}, {"role", "Roles"}}) == R"(# Top

format = 1
domain = []

[tenant]
name = "Acme"

[settings.mail]
reply_to = ""

[settings.mail.wording.a.en]
subject = "S"
body = """
One
Two"""

# Roles
[[role]]
name = "Desk"
permissions = [
  "people_read",
  "people_reset",
]
)");
}

TEST_CASE("what is broken is told with file, line and column") {
  CHECK(note_of("format = 1\nname = \n").starts_with("a.toml:2:"));
  CHECK(note_of("format = 1\nformat = 1\n").starts_with("a.toml:2:"));
  CHECK(note_of("format = 1\n\n  colour = 3\n").starts_with("a.toml:3:3: "));
  CHECK(note_of("format = 2\n").starts_with("a.toml:1:1: "));
  CHECK(note_of("[tenant]\nname = \"x\"\n").find("format") != std::string::npos);
  CHECK(note_of("format = 1\n[tenant]\nslug = \"x\"\n") == "a.toml:3:1: [tenant] has no slug");
  CHECK(note_of("format = 1\n[[role]]\nname = \"x\"\npermissions = [\"a\"]\nenabled = 1\n") == "a.toml:5:1: [[role]] has no enabled");
  CHECK(note_of("format = 1\n[[role]]\nname = \"x\"\npermissions = \"a\"\n") == "a.toml:4:1: permissions is a list of texts");
  CHECK(note_of("format = 1\n[[role]]\npermissions = []\n").starts_with("a.toml:2:"));
  CHECK(note_of("format = 1\n[role]\nname = \"x\"\n").starts_with("a.toml:2:"));
  CHECK(note_of("format = 1\n[[domain]]\nname = \"a.example\"\n[[domain]]\nname = \"a.example\"\n") == "a.toml:5:1: [[domain]] a.example is there twice");
  CHECK(note_of("format = 1\n[settings]\nmail = 3\n") == "a.toml:3:1: [settings.mail] is a table");
  CHECK(note_of("format = 1\n[settings.mail]\nwhen = 2026-04-01\n").starts_with("a.toml:3:8: "));
  CHECK(note_of("format = 1\n[settings.mail]\nshare = 0.5\n").starts_with("a.toml:3:9: "));
  CHECK(note_of("format = 1\nx = \"\"\"\né \\\"\"\" ]\n\"\"\"\"\" # é\ny = 'é\\' \nz = é\n") == "a.toml:6:5: a letter that stands in quotes alone");
  CHECK(note_of("format = 1\n営業 = 1\n").starts_with("a.toml:2:1: "));
  CHECK(note_of("format = 1\n[(x]\n") == "a.toml: this isn't TOML");
  CHECK(note_of(std::string("format = 1\nx = \"\xff\"\n")).starts_with("a.toml:2:"));
  CHECK(note_of("format = 1\nx = " + std::string(50, '[') + std::string(50, ']') + "\n").find("deep") != std::string::npos);
  CHECK(note_of("format = 1\nx = " + std::string(5000, '[') + "\n").starts_with("a.toml:2:"));
  CHECK(note_of(std::string(configuration_bytes + 1, '#')).find("bytes") != std::string::npos);
}

TEST_CASE("a difference names what was added, changed and removed, member by member") {
  const auto before = object(R"({"tenant":{"name":"A"},"role":[{"name":"x","permissions":["a"]},{"name":"gone","permissions":[]}],"settings":{"audit":{"retention_days":10,"deep":{"er":true}}}})");
  const auto after = object(R"({"tenant":{"name":"A"},"role":[{"name":"x","permissions":["a","b"]},{"name":"new","permissions":["a"]}],"settings":{"audit":{"retention_days":20,"deep":{"er":true}}}})");
  const auto all = differences(before, after);
  REQUIRE(all.size() == 4);
  CHECK(all[0].kind == Difference::Kind::removed);
  CHECK(all[0].name == "gone");
  CHECK(all[1].kind == Difference::Kind::changed);
  CHECK(all[1].members.at(0).member == "permissions");
  CHECK(all[1].members.at(0).to == R"(["a","b"])");
  CHECK(all[2].kind == Difference::Kind::added);
  CHECK(all[3].what == "settings");
  REQUIRE(all[3].members.size() == 1);
  CHECK(all[3].members[0].member == "retention_days");
  CHECK(all[3].members[0].from == "10");
  CHECK(differences(before, before).empty());
}

}  // namespace
}  // namespace kidoban::service
