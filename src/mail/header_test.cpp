#include "mail/header.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "mail/letter.h"

namespace kidoban::mail {
namespace {

std::string unfolded(std::string text) {
  for (std::size_t at = text.find("\r\n "); at != std::string::npos; at = text.find("\r\n ", at)) text.erase(at, 2);
  return text;
}

// RFC 2047 §6.2: the white space between two encoded words isn't there.
std::string decoded(const std::string& header) {
  std::string out;
  std::string text = unfolded(header);
  text.resize(text.size() - 2);
  for (;;) {
    const std::size_t begin = text.find("=?UTF-8?B?");
    if (begin == std::string::npos) return out + text;
    if (trim(text.substr(0, begin)) != "") out += text.substr(0, begin);
    const std::size_t end = text.find("?=", begin + 10);
    const auto bytes = unbase64(text.substr(begin + 10, end - begin - 10));
    REQUIRE(bytes.has_value());
    CHECK(is_utf8(as_text(*bytes)));
    out += as_text(*bytes);
    text.erase(0, end + 2);
  }
}

TEST_CASE("a subject in Japanese comes out as it went in, in lines that every server takes") {
  for (const std::string text : {"パスワードの再設定", "【株式会社サンプル】パスワードの再設定のお知らせ（重要なお知らせですので必ずお読みください）山田 花子 様", "𠮷野家 🏮🏮🏮🏮🏮🏮🏮🏮🏮🏮🏮🏮🏮🏮🏮🏮🏮🏮🏮🏮🏮🏮", "=?UTF-8?B?QQ==?=",
                                 " led by a space", "a plain subject"}) {
    const auto header = unstructured_header("Subject", text);
    CHECK(decoded(header) == "Subject: " + text);
    for (const auto line : split(header, '\n')) CHECK(line.size() <= 77);
  }
  CHECK(unstructured_header("Subject", "Welcome") == "Subject: Welcome\r\n");
}

TEST_CASE("no name and no subject begins a header of its own") {
  for (const std::string text : {"Hanako\r\nBcc: all@evil.example", "Hanako\nBcc: all@evil.example", "Hanako\rBcc: all@evil.example", "a\x0b\x0c\x7f\xc2\x85" "b", "\"\r\n\r\nbody", "<x@evil.example>, \"",
                                 "\\\" <x@evil.example>", "\xff\xfe\r\n", "=?UTF-8?Q?=0D=0ABcc:_x?="}) {
    for (const auto& header : {unstructured_header("Subject", text), address_header("To", text, "a@b.example")}) {
      INFO(header);
      CHECK(header.ends_with("\r\n"));
      const std::string flat = unfolded(header);
      CHECK(flat.find_first_of("\r\n") == flat.size() - 2);
    }
  }
  CHECK(address_header("To", "<x@evil.example>, \"", "a@b.example") == "To: \"<x@evil.example>, \\\"\"\r\n <a@b.example>\r\n");
  CHECK(address_header("To", "", "a@b.example") == "To: <a@b.example>\r\n");
}

TEST_CASE("an address that can be sent to is one address and nothing else") {
  for (const char* bad : {"", "hanako", "@b.example", "a@", "a@b c.example", "a b@b.example", "a@b.example\r\nBcc: x@y.example", "a@b.example> NOTIFY=NEVER", "<a@b.example>", "\"a b\"@b.example",
                          "a,b@c.example", "a@[192.0.2.1]", "a..b@c.example", ".a@c.example", "a@-b.example", "a@b_c.example", "a\xff@b.example", "a\u202e@b.example", "a\tb@c.example"}) {
    INFO(bad);
    CHECK_FALSE(sendable_address(bad));
  }
  CHECK_FALSE(sendable_address("=?UTF-8?B?YUBi?=@b.example"));
  CHECK_FALSE(sendable_address(std::string(65, 'a') + "@b.example"));
  CHECK(sendable_address("Hanako.Yamada+x@Example.COM") == "Hanako.Yamada+x@example.com");
  CHECK(sendable_address("花子@日本.example") == "花子@xn--wgv71a.example");
}

TEST_CASE("a letter is a mail that any reader reads") {
  Letter letter{"password_reset", "", "hanako@example.com", "山田 花子", "hanako@example.com", "株式会社サンプル", "help@example.com", "ja", "件名", "本文\nFrom here\n.\n"};
  Id id;
  id.bytes.fill(1);
  const auto text = message_text(letter, "noreply@id.example", id, from_us(1'800'000'000'000'000));
  CHECK(text.find("Date: Fri, 15 Jan 2027 08:00:00 +0000\r\n") == 0);
  CHECK(text.find("\r\nMessage-ID: <01010101-0101-0101-0101-010101010101@id.example>\r\n") != std::string::npos);
  CHECK(text.find("\r\nAuto-Submitted: auto-generated\r\n") != std::string::npos);
  CHECK(text.find("\r\nReply-To: <help@example.com>\r\n") != std::string::npos);
  CHECK(text.ends_with("\r\n\r\n" + base64(as_bytes("本文\r\nFrom here\r\n.\r\n")) + "\r\n"));
  letter.body = "plain\n";
  CHECK(message_text(letter, "noreply@id.example", id, from_us(0)).ends_with("Content-Transfer-Encoding: 7bit\r\n\r\nplain\r\n"));
  CHECK(letter_from_json(letter_json(letter))->to_name == letter.to_name);
}

}  // namespace
}  // namespace kidoban::mail
