// Stands in for libFuzzer where it is absent: gives each file of a corpus
// directory to the target once. A crash or a failed check fails the test.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size);

int main(int argc, char** argv) {
  std::size_t inputs = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(argv[i])) {
      if (!entry.is_regular_file())
        continue;
      std::ifstream file{entry.path(), std::ios::binary};
      std::vector<char> content{std::istreambuf_iterator<char>{file}, {}};
      LLVMFuzzerTestOneInput(
          reinterpret_cast<const std::uint8_t*>(content.data()),
          content.size());
      ++inputs;
    }
  }
  std::printf("%zu inputs replayed\n", inputs);
  return inputs > 0 ? 0 : 1;
}
