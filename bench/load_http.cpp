#include "load_http.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace bench {

namespace {

bool name_is(std::string_view line, std::string_view name) {
  return line.size() > name.size() && line[name.size()] == ':' && ::strncasecmp(line.data(), name.data(), name.size()) == 0;
}
std::string_view value_of(std::string_view line) {
  line.remove_prefix(line.find(':') + 1);
  while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
  return line;
}

}  // namespace

Connection::~Connection() { drop(); }

void Connection::drop() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
  read_.clear();
}

void Connection::open() {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port_));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval limit{30, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    drop();
    throw std::runtime_error("can't connect");
  }
}

void Connection::fill() {
  char part[16 * 1024];
  const ssize_t got = ::recv(socket_, part, sizeof part, 0);
  if (got <= 0) {
    drop();
    throw std::runtime_error("the connection ended");
  }
  read_.append(part, static_cast<std::size_t>(got));
}

Answer Connection::exchange(const std::string& request) {
  if (socket_ < 0) open();
  for (std::size_t sent = 0; sent < request.size();) {
    const ssize_t n = ::send(socket_, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) {
      drop();
      throw std::runtime_error("can't send");
    }
    sent += static_cast<std::size_t>(n);
  }
  std::size_t end = 0;
  while ((end = read_.find("\r\n\r\n")) == std::string::npos) fill();
  Answer answer;
  answer.status = std::atoi(read_.c_str() + 9);
  std::size_t length = 0;
  bool chunked = false, closes = false;
  const std::string head = read_.substr(0, end + 2);
  for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
    const std::size_t stop = head.find("\r\n", at);
    const std::string_view line(head.data() + at, stop - at);
    if (name_is(line, "content-length")) length = std::strtoul(std::string(value_of(line)).c_str(), nullptr, 10);
    else if (name_is(line, "transfer-encoding")) chunked = true;
    else if (name_is(line, "location")) answer.location = value_of(line);
    else if (name_is(line, "connection")) closes = value_of(line) == "close";
    else if (name_is(line, "set-cookie")) answer.cookies.emplace_back(value_of(line).substr(0, value_of(line).find(';')));
    at = stop + 2;
  }
  read_.erase(0, end + 4);
  if (chunked) {
    for (;;) {
      std::size_t stop = 0;
      while ((stop = read_.find("\r\n")) == std::string::npos) fill();
      const std::size_t size = std::strtoul(read_.c_str(), nullptr, 16);
      while (read_.size() < stop + 2 + size + 2) fill();
      answer.body.append(read_, stop + 2, size);
      read_.erase(0, stop + 2 + size + 2);
      if (size == 0) break;
    }
  } else {
    while (read_.size() < length) fill();
    answer.body = read_.substr(0, length);
    read_.erase(0, length);
  }
  if (closes) drop();
  return answer;
}

Answer Connection::get(std::string_view target, std::string_view headers) {
  return exchange("GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost:" + std::to_string(port_) + "\r\n" +
                  std::string(headers) + "\r\n");
}

Answer Connection::post(std::string_view target, std::string_view form, std::string_view headers) {
  return exchange("POST " + std::string(target) + " HTTP/1.1\r\nHost: localhost:" + std::to_string(port_) +
                  "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " + std::to_string(form.size()) +
                  "\r\n" + std::string(headers) + "\r\n" + std::string(form));
}

std::string url_encode(std::string_view text) {
  static constexpr char hex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || std::strchr("-._~", c) != nullptr) out += c;
    else (out += '%') += {hex[byte >> 4], hex[byte & 15]};
  }
  return out;
}

std::string base64(std::string_view text) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    std::uint32_t three = 0;
    for (std::size_t k = 0; k < 3; ++k) three = three << 8 | (i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) out += i + k > text.size() ? '=' : digits[three >> (18 - 6 * k) & 63];
  }
  return out;
}

std::string json_text(std::string_view body, std::string_view name) {
  const std::string wanted = "\"" + std::string(name) + "\":\"";
  const std::size_t at = body.find(wanted);
  if (at == std::string_view::npos) return {};
  const std::size_t begin = at + wanted.size();
  return std::string(body.substr(begin, body.find('"', begin) - begin));
}

std::string field_value(std::string_view html, std::string_view name) {
  const std::string wanted = "name=\"" + std::string(name) + "\" value=\"";
  const std::size_t at = html.find(wanted);
  if (at == std::string_view::npos) return {};
  const std::size_t begin = at + wanted.size();
  return std::string(html.substr(begin, html.find('"', begin) - begin));
}

std::string query_value(std::string_view url, std::string_view name) {
  for (std::size_t at = url.find('?'); at != std::string_view::npos; at = url.find('&', at + 1)) {
    const std::string_view rest = url.substr(at + 1);
    if (rest.starts_with(name) && rest.substr(name.size()).starts_with("=")) {
      return std::string(rest.substr(name.size() + 1, rest.find('&') == std::string_view::npos ? std::string_view::npos : rest.find('&') - name.size() - 1));
    }
  }
  return {};
}

std::string target_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url);
  const std::size_t path = url.find('/', scheme + 3);
  return path == std::string_view::npos ? "/" : std::string(url.substr(path));
}

}  // namespace bench
