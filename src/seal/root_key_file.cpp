#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/text.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "seal/seal.h"

namespace kidoban::seal {

namespace {

class FileRootKey final : public RootKey {
 public:
  FileRootKey(Secret key, Random& random) : key_(std::move(key)), random_(random) {
    // Told from another without telling of itself.
    const Secret name = crypto::hkdf_sha256(key_.reveal(), "kidoban root key id", 8);
    id_ = "file-" + hex(name.reveal());
  }
  std::string_view id() const override { return id_; }
  Result<std::string> wrap(const Secret& key, std::string_view associated) override {
    return crypto::aead_seal(key_.reveal(), key.reveal(), associated, random_);
  }
  Result<Secret> unwrap(std::string_view wrapped, std::string_view associated) override {
    auto key = crypto::aead_open(key_.reveal(), wrapped, associated);
    if (!key) return fail(Kind::sealed, "root_key_wrong", "the root key " + id_ + " did not wrap this tenant's key");
    return key;
  }

 private:
  Secret key_;
  Random& random_;
  std::string id_;
};

Failure unusable(const std::filesystem::path& file, std::string_view what) {
  return fail(Kind::sealed, "root_key_unusable",
              "the root key " + file.string() + " " + std::string(what) + ": " + std::strerror(errno));
}

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

// Written under another name and linked into place, so that the file is whole or not there, and a
// key that somebody else made meanwhile is never written over.
Status make(const std::filesystem::path& file, Random& random) {
  const auto bytes = Secret::of(random.bytes<crypto::aead_key_bytes>());
  std::string text = base64(bytes.reveal()) + "\n";
  const std::string draft = file.string() + ".new-" + hex(random.bytes<6>());
  {
    const Descriptor out{::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (out.fd < 0) return unusable(file, "can't be made");
    const bool written = ::write(out.fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                         ::fsync(out.fd) == 0;
    explicit_bzero(text.data(), text.size());
    if (!written) {
      const auto failed = unusable(file, "can't be written");
      ::unlink(draft.c_str());
      return failed;
    }
  }
  const bool linked = ::link(draft.c_str(), file.c_str()) == 0 || errno == EEXIST;
  const auto failed = unusable(file, "can't be put in place");
  ::unlink(draft.c_str());
  if (!linked) return failed;
  const Descriptor folder{::open(file.parent_path().empty() ? "." : file.parent_path().c_str(), O_RDONLY | O_CLOEXEC)};
  if (folder.fd >= 0) ::fsync(folder.fd);
  return {};
}

Result<Secret> read(const std::filesystem::path& file) {
  const Descriptor in{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};  // a pipe would wait
  if (in.fd < 0) return unusable(file, "can't be read");
  struct stat about {};
  if (::fstat(in.fd, &about) != 0) return unusable(file, "can't be read");
  if (!S_ISREG(about.st_mode)) {
    return fail(Kind::malformed, "root_key_malformed", "the root key " + file.string() + " isn't a file");
  }
  if ((about.st_mode & 077) != 0) {
    return fail(Kind::forbidden, "root_key_exposed",
                "the root key " + file.string() + " may be read by others: chmod 600 " + file.string());
  }
  std::string text(128, '\0');
  const ssize_t got = ::read(in.fd, text.data(), text.size());
  if (got < 0) return unusable(file, "can't be read");
  text.resize(static_cast<std::size_t>(got));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  auto bytes = unbase64(text);
  explicit_bzero(text.data(), text.size());
  if (!bytes || bytes->size() != crypto::aead_key_bytes) {
    return fail(Kind::malformed, "root_key_malformed",
                "the root key " + file.string() + " isn't 32 bytes in base64: it was damaged, or is another kind of file");
  }
  return Secret(std::move(*bytes));
}

}  // namespace

Result<std::unique_ptr<RootKey>> open_root_key_file(const std::filesystem::path& file, Create create, Random& random) {
  std::error_code error;
  if (create == Create::if_missing && !std::filesystem::exists(file, error)) TRY(make(file, random));
  auto key = TRY(read(file));
  return std::make_unique<FileRootKey>(std::move(key), random);
}

}  // namespace kidoban::seal
