#include "directory/filter.h"

#include <doctest/doctest.h>

#include <map>
#include <string>

namespace kidoban::directory {
namespace {

// A subject made of maps, as plain as can be: name or name.sub → values; items by name.
struct Made final : Subject {
  std::multimap<std::string, std::variant<std::string, bool, std::int64_t, Time>> values;
  std::multimap<std::string, Made> items;

  Found compare(const AttributePath& path, const Comparison& comparison) const override {
    const std::string name = path.sub.empty() ? path.name : path.name + "." + path.sub;
    Found found = Found::nothing;
    for (auto [at, end] = values.equal_range(name); at != end; ++at) {
      const bool holds = std::visit(
          [&](const auto& value) {
            if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>) {
              return comparison.holds(value, name == "id" ? Comparison::Case::exact : Comparison::Case::folded);
            } else {
              return comparison.holds(value);
            }
          },
          at->second);
      if (holds) return Found::matching;
      found = Found::other;
    }
    return found;
  }
  bool any_item(const AttributePath& path, const ItemTest& test) const override {
    for (auto [at, end] = items.equal_range(path.name); at != end; ++at) {
      if (test.holds(at->second)) return true;
    }
    return false;
  }
};

Made hanako() {
  Made m;
  m.values = {{"username", "Hanako@Example.com"}, {"id", "AbC"},        {"title", "部長"},
              {"kana", "ヤマダ"},                  {"active", true},     {"level", std::int64_t{7}},
              {"meta.lastmodified", *instant_of("2026-05-13T04:42:34Z")}, {"emails", "h@work.example"}, {"emails", "h@home.example"},
              {"emails.type", "work"},             {"emails.type", "home"}};
  Made work, home;
  work.values = {{"type", "work"}, {"value", "h@work.example"}, {"primary", true}};
  home.values = {{"type", "home"}, {"value", "h@home.example"}};
  m.items.emplace("emails", work);
  m.items.emplace("emails", home);
  return m;
}

bool says(std::string_view text) {
  const auto filter = Filter::parse(text);
  INFO(std::string(text));
  REQUIRE(filter.has_value());
  return filter->matches(hanako());
}

TEST_CASE("each operator says what RFC 7644's table has for it") {
  for (const char* yes : {R"(userName eq "hanako@example.com")", R"(USERNAME EQ "HANAKO@EXAMPLE.COM")", R"(id eq "AbC")", R"(id ne "abc")",
                          R"(userName co "@exam")", R"(userName sw "HAN")", R"(userName ew ".com")", R"(title pr)", R"(nickname eq null)",
                          R"(title ne null)", R"(nickname ne "x")", "level gt 6", "level ge 7", "level lt 7.5", "level le 7", "level eq 7.0",
                          "active eq true", "active eq TRUE", R"(active eq "True")", "active ne false",
                          R"(meta.lastModified gt "2026-05-13T04:42:33Z")", R"(meta.lastModified eq "2026-05-13T13:42:34+09:00")",
                          R"(emails ew "home.example")", R"(emails.type eq "home")", R"(kana eq "ﾔﾏﾀﾞ")", R"(title co "部")",
                          R"(urn:ietf:params:scim:schemas:core:2.0:User:userName sw "h")"}) {
    CHECK_MESSAGE(says(yes), yes);
  }
  for (const char* no : {R"(userName eq "hanako")", R"(id eq "abc")", R"(nickname pr)", R"(nickname eq "x")", "level gt 7", R"(level eq "7")",
                         "active eq false", R"(active gt false)", R"(level co 7)", R"(meta.lastModified gt "2026-05-13T04:42:34Z")",
                         R"(title eq null)", R"(nickname co "")", R"(userName gt 5)"}) {
    CHECK_MESSAGE(!says(no), no);
  }
}

TEST_CASE("not binds before and, and before or, and parentheses before all") {
  CHECK(says(R"(title pr or title pr and nickname pr)"));
  CHECK(!says(R"((title pr or title pr) and nickname pr)"));
  CHECK(says(R"(not (nickname pr) and title pr)"));
  CHECK(!says(R"(not (nickname pr or title pr))"));
  CHECK(says(R"(NOT(nickname pr)AND(title pr))"));
  CHECK(says(R"(nickname pr or not (nickname pr or nickname pr) or nickname pr)"));
  CHECK(says(R"(((((title pr)))))"));
}

TEST_CASE("brackets ask one item at a time") {
  CHECK(says(R"(emails[type eq "work" and value co "@work.example"])"));
  CHECK(says(R"(emails.type eq "home" and emails co "@work.example")"));
  CHECK(!says(R"(emails[type eq "home" and value co "@work.example"])"));
  CHECK(says(R"(emails[not (type eq "work")] and title pr)"));
  CHECK(says(R"(emails[primary eq "True"])"));
  CHECK(says(R"(emails[type eq "work"].value eq "h@work.example" and title pr)"));
  CHECK(!says(R"(emails[type eq "home"].value eq "h@work.example")"));
  CHECK(says(R"(phones[type eq "x"] or emails[type eq "home" or type eq "x"])"));
}

TEST_CASE("what can't be read is refused where it is") {
  for (const auto& [text, where] : std::initializer_list<std::pair<const char*, std::size_t>>{
           {"", 0}, {" ", 1}, {"title", 5}, {"title eq", 8}, {"title eq ", 9}, {"title xx \"a\"", 8}, {"title eq \"a", 9}, {"title eq a", 9},
           {"title eq \"a\" and", 16}, {"title eq \"a\" nand title pr", 13}, {"(title pr", 9}, {"title pr)", 8}, {"emails[type eq \"a\"", 18},
           {"emails[a[b pr]]", 8}, {"1title pr", 0}, {"title..x pr", 0}, {"a:b pr", 0}, {"title eq [1]", 9}, {"title eq {}", 9}, {"title eq \"\\u0000\"", 9},
           {"title eq \"\xff\"", 9}, {"title eq 01", 9}, {"title eq -", 9}, {"not title pr", 9}, {"title pr title pr", 9}, {"title eq \"a\\\"", 9}}) {
    std::size_t at = 999;
    const auto read = Filter::parse(text, &at);
    CAPTURE(std::string(text));
    REQUIRE(!read);
    CHECK(read.error().reason == "filter_malformed");
    CHECK(at == where);
  }
}

TEST_CASE("a filter has a bound on depth, parts and length") {
  const auto repeated = [](std::string_view what, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += what;
    return all;
  };
  const auto refused = [](const std::string& text) {
    const auto read = Filter::parse(text);
    return !read && read.error().reason == "filter_too_complex";
  };
  CHECK(Filter::parse(repeated("(", 24) + "a pr" + repeated(")", 24)));
  CHECK(refused(repeated("(", 25) + "a pr" + repeated(")", 25)));
  CHECK(refused(repeated("not (", 4000) + "a pr"));
  CHECK(Filter::parse("a pr" + repeated(" or a pr", 400)));
  CHECK(refused("a pr" + repeated(" or a pr", 600)));
  CHECK(refused("a eq \"" + repeated("x", 20000) + "\""));
}

TEST_CASE("the owner of a schema sees each attribute, and what must be equal") {
  const auto filter = Filter::parse(R"((externalId eq "7" and emails[type eq "work"]) and not (title.x co "a"))");
  REQUIRE(filter);
  std::string seen;
  REQUIRE(filter->each([&](const Filter::Node& node, const AttributePath* around) -> Status {
    seen += (around != nullptr ? around->name + "/" : "") + node.attribute.name + (node.attribute.sub.empty() ? "" : "." + node.attribute.sub) + " ";
    return {};
  }));
  CHECK(seen == "externalid emails emails/type title.x ");
  REQUIRE(filter->required("externalid") != nullptr);
  CHECK(std::get<std::string>(filter->required("externalid")->value) == "7");
  CHECK(filter->required("type") == nullptr);
  CHECK(Filter::parse(R"(a eq "1" or b pr)")->required("a") == nullptr);
  CHECK(Filter::parse(R"(a ne "1")")->required("a") == nullptr);
}

TEST_CASE("a PATCH path names an attribute, some of its items, and a part of them") {
  const auto path = ItemPath::parse(R"(addresses[type eq "work"].streetAddress)");
  REQUIRE(path);
  CHECK(path->attribute.name == "addresses");
  CHECK(path->items.has_value());
  CHECK(path->sub == "streetaddress");
  CHECK(ItemPath::parse("name.familyName")->attribute == AttributePath{"", "name", "familyname"});
  CHECK(ItemPath::parse("members")->attribute.name == "members");
  const auto manager = ItemPath::parse("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value");
  REQUIRE(manager);
  CHECK(manager->attribute == AttributePath{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:user", "manager", "value"});
  for (const char* bad : {"", "a b", "a[", "a[b pr", "a[b pr]x", "a[b pr].", "a[b pr].1", "a.b.c", ".a", "a[b[c pr]]", "a[]", "a eq \"b\""}) {
    CAPTURE(std::string(bad));
    CHECK(!ItemPath::parse(bad));
  }
}

TEST_CASE("a dateTime has a zone and stands in the calendar") {
  CHECK(instant_of("1970-01-01T00:00:00Z") == from_us(0));
  CHECK(instant_of("1970-01-01T09:00:00.5+09:00") == from_us(500'000));
  CHECK(instant_of("1969-12-31T23:59:59.1234567Z") == from_us(-876'544));
  for (const char* bad : {"", "1970-01-01", "1970-01-01T00:00:00", "1970-02-30T00:00:00Z", "1970-01-01T24:00:00Z", "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00Zx",
                          "1970-01-01T00:00:00+9:00", "0x70-01-01T00:00:00Z"}) {
    CHECK_MESSAGE(!instant_of(bad), bad);
  }
}

}  // namespace
}  // namespace kidoban::directory
