#include "provisioning/scim_server/patch.h"

#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "provisioning/scim_server/json_subject.h"

namespace kidoban::scim {
namespace {

namespace json = boost::json;

json::object babs() {
  return json::parse(R"({"id":"2819","userName":"bjensen@example.com","displayName":"Babs","active":true,"name":{"familyName":"Jensen","givenName":"Barbara"},
    "emails":[{"value":"b@work.example","type":"work","primary":true},{"value":"b@home.example","type":"home"}]})")
      .as_object();
}

// What the operations make of Babs, or why not.
std::string patched(std::string_view operations, json::object resource = babs()) {
  directory::Schema settled;
  settled.custom = {{"badge", directory::AttributeType::number, "", "", {}, false}, {"skills", directory::AttributeType::texts, "", "", {}, false}};
  const auto shape = user_shape(settled);
  const auto read = operations_in(json::object{{"Operations", json::parse(operations)}});
  if (!read) return std::string(read.error().reason.text());
  for (const auto& one : *read) {
    if (const auto done = apply(shape, one, resource); !done) return std::string(done.error().reason.text());
  }
  return json::serialize(resource);
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_CASE("RFC 7644's examples of add") {
  CHECK(has(patched(R"([{"op":"add","value":{"emails":[{"value":"babs@jensen.org","type":"other"}],"title":"Chief"}}])"), R"("title":"Chief")"));
  const auto more = patched(R"([{"op":"add","path":"emails","value":[{"value":"babs@jensen.org","type":"other","primary":true}]}])");
  CHECK(has(more, "babs@jensen.org"));
  CHECK(has(more, R"({"value":"b@work.example","type":"work","primary":false})"));
  // What is there already isn't there twice.
  CHECK(patched(R"([{"op":"add","path":"emails","value":{"value":"b@home.example","type":"home"}}])") == json::serialize(babs()));
}

TEST_CASE("RFC 7644's examples of remove") {
  CHECK(!has(patched(R"([{"op":"remove","path":"emails"}])"), "emails"));
  CHECK(!has(patched(R"([{"op":"remove","path":"emails[type eq \"home\" and value ew \"home.example\"]"}])"), "home.example"));
  CHECK(has(patched(R"([{"op":"remove","path":"emails[type eq \"home\"]"}])"), "work.example"));
  CHECK(!has(patched(R"([{"op":"remove","path":"name.familyName"}])"), "Jensen"));
  CHECK(patched(R"([{"op":"remove"}])") == "patch_no_target");
}

TEST_CASE("RFC 7644's examples of replace") {
  const auto all = patched(R"([{"op":"replace","path":"emails","value":[{"value":"one@example.com"}]}])");
  CHECK(has(all, R"("emails":[{"value":"one@example.com"}])"));
  const auto item = patched(R"([{"op":"replace","path":"emails[type eq \"work\"]","value":{"type":"work","value":"new@work.example"}}])");
  CHECK(has(item, R"({"value":"new@work.example","type":"work"})") != has(item, R"({"type":"work","value":"new@work.example"})"));
  CHECK(has(item, "b@home.example"));
  CHECK(has(patched(R"([{"op":"replace","path":"emails[type eq \"work\"].value","value":"x@work.example"}])"), R"("value":"x@work.example","type":"work","primary":true)"));
  CHECK(patched(R"([{"op":"replace","path":"emails[type eq \"fax\"].value","value":"x"}])") == "patch_no_target");
  // A name's parts that aren't named stay.
  CHECK(has(patched(R"([{"op":"replace","path":"name","value":{"familyName":"Smith"}}])"), R"("givenName":"Barbara")"));
  CHECK(has(patched(R"([{"op":"replace","value":{"emails":[{"value":"a@a.example"}],"displayName":"B"}}])"), R"("displayName":"B")"));
}

TEST_CASE("what Entra ID, Okta and Google send is understood") {
  CHECK(has(patched(R"([{"op":"Replace","path":"active","value":"False"}])"), R"("active":false)"));
  CHECK(has(patched(R"([{"op":"replace","value":{"active":false}}])"), R"("active":false)"));
  const auto made = patched(R"([{"op":"Add","path":"phoneNumbers[type eq \"mobile\"].value","value":"+81 90"}])");
  CHECK((has(made, R"({"type":"mobile","value":"+81 90"})") || has(made, R"({"value":"+81 90","type":"mobile"})")));
  const std::string manager = R"("manager":{"value":"26118915"})";
  const std::string urn = R"("path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager")";
  CHECK(has(patched(R"([{"op":"Add",)" + urn + R"(,"value":"26118915"}])"), manager));
  CHECK(has(patched(R"([{"op":"Add",)" + urn + R"(,"value":[{"$ref":"../Users/26118915","value":"26118915"}]}])"), manager));
  CHECK(has(patched(R"([{"op":"Add","value":{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department":"R&D","name.givenName":"Babs"}}])"), R"("department":"R&D")"));
  CHECK(has(patched(R"([{"op":"replace","value":{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":701984}}}])"), R"("employeeNumber":"701984")"));
  CHECK(!has(patched(R"([{"op":"Remove","path":"emails","value":[{"value":"b@home.example"}]}])"), "home.example"));
  CHECK(!has(patched(R"([{"op":"Replace","path":"displayName","value":""}])"), "displayName"));
  // What RFC 7643 has and we don't keep is passed over, as is what comes along with everything.
  CHECK(patched(R"([{"op":"Add","path":"addresses[type eq \"work\"].locality","value":"Tokyo"},{"op":"Replace","value":{"id":"x","schemas":["y"],"nickName":"B","colour":"red"}}])") ==
        json::serialize(babs()));
  CHECK(has(patched(R"([{"op":"Replace","path":"emails[primary eq \"True\"].value","value":"p@work.example"}])"), "p@work.example"));
}

TEST_CASE("our extension has what the tenant declared, typed") {
  const std::string ours = R"(urn:ietf:params:scim:schemas:extension:kidoban:2.0:User)";
  CHECK(has(patched(R"([{"op":"replace","path":")" + ours + R"(:familyNameKana","value":"ヤマダ"}])"), "ヤマダ"));
  CHECK(has(patched(R"([{"op":"replace","path":")" + ours + R"(:custom.badge","value":"7"}])"), R"("badge":7)"));
  CHECK(has(patched(R"([{"op":"add","path":")" + ours + R"(:custom.skills","value":"C++"},{"op":"add","path":")" + ours + R"(:custom.skills","value":["SQL"]}])"), R"("skills":["C++","SQL"])"));
  CHECK(patched(R"([{"op":"replace","path":")" + ours + R"(:custom.badge","value":"many"}])") == "value_malformed");
  CHECK(patched(R"([{"op":"replace","path":")" + ours + R"(:custom.hair","value":"7"}])") == "attribute_unknown");
  CHECK(patched(R"([{"op":"add","path":")" + ours + R"(:familyNameKana","value":"ヤ"},{"op":"remove","path":")" + ours + R"("}])") == json::serialize(babs()));
}

TEST_CASE("what can't be done is refused in its own way") {
  CHECK(patched(R"([{"op":"move","path":"title","value":"x"}])") == "patch_malformed");
  CHECK(patched(R"([])") == "patch_malformed");
  CHECK(patched(R"([5])") == "patch_malformed");
  CHECK(patched(R"([{"op":"add","path":"tit le","value":"x"}])") == "path_malformed");
  CHECK(patched(R"([{"op":"add","path":"colour","value":"x"}])") == "attribute_unknown");
  CHECK(patched(R"([{"op":"replace","path":"id","value":"x"}])") == "attribute_read_only");
  CHECK(patched(R"([{"op":"replace","path":"groups","value":[]}])") == "attribute_read_only");
  CHECK(patched(R"([{"op":"replace","path":"meta.created","value":"x"}])") == "attribute_read_only");
  CHECK(patched(R"([{"op":"replace","path":"active","value":"maybe"}])") == "value_malformed");
  CHECK(patched(R"([{"op":"replace","value":"x"}])") == "value_malformed");
  CHECK(patched(R"([{"op":"replace","path":"title","value":{"a":1}}])") == "value_malformed");
  CHECK(patched(R"([{"op":"add","path":"title[value eq \"x\"]","value":"y"}])") == "path_malformed");
  CHECK(patched(R"([{"op":"add","path":"emails[not (type eq \"x\") and type eq \"y\"].value","value":"y"}])") == "patch_no_target");
}

TEST_CASE("a filter is asked only what the attribute's type can answer") {
  const auto shape = user_shape({});
  const auto checked = [&](std::string_view text) {
    const auto filter = directory::Filter::parse(text);
    REQUIRE(filter.has_value());
    return check(shape, *filter).has_value();
  };
  for (const char* good : {R"(userName eq "a")", R"(emails[type eq "work" and primary eq true])", R"(meta.lastModified gt "2026-01-01T00:00:00Z")", R"(active eq "True")",
                           R"(urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "1")", R"(addresses[locality eq "x"])", R"(name.middleName pr)"}) {
    CHECK_MESSAGE(checked(good), good);
  }
  for (const char* bad : {R"(colour eq "a")", R"(active gt true)", R"(active co "t")", R"(meta.created co "2026")", R"(password eq "x")", R"(emails[colour eq "x"])", R"(password pr)"}) {
    CHECK_MESSAGE(!checked(bad), bad);
  }
  const auto resource = babs();
  CHECK(directory::Filter::parse(R"(name co "jens" and emails co "HOME.example" and not (nickName pr))")->matches(JsonSubject(shape, resource)));
}

}  // namespace
}  // namespace kidoban::scim
