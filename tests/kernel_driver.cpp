// The kernel without Python, to be run on other processors: reads problems, writes what became of
// the weights. tests/test_other_processors.py writes the one file and compares the other.
//
// Usage: kernel_driver PROBLEMS RESULTS
// Both files are plain numbers, one array after another, in the order of the code below.
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "dispatch.hpp"
#include "hash.hpp"

using namespace sklearn_mlp;

static std::FILE *problems, *results;

template <class T> static std::vector<T> read(std::int64_t n)
{
    std::vector<T> values(static_cast<std::size_t>(n));
    if (std::fread(values.data(), sizeof(T), values.size(), problems) != values.size())
        std::exit(2);
    return values;
}

template <class T> static void write(const std::vector<T> &values)
{
    if (std::fwrite(values.data(), sizeof(T), values.size(), results) != values.size())
        std::exit(3);
}

template <class T> static void solve(const InstructionSet &set, bool sparse)
{
    const auto shape = read<std::int64_t>(7);
    const std::int64_t n_rows = shape[0], n_columns = shape[1], n_values = shape[2];
    const auto n_layers = static_cast<std::ptrdiff_t>(shape[3]);
    const auto sizes = read<std::int64_t>(n_layers + 1), offsets = read<std::int64_t>(2 * n_layers + 1);
    const auto parameters = read<double>(2);
    const auto values = read<T>(n_values);
    const auto columns = read<std::int32_t>(sparse ? n_values : 0);
    const auto starts = read<std::int64_t>(sparse ? n_rows + 1 : 0);
    const auto classes = read<std::int32_t>(n_rows);
    const auto step = read<double>(n_rows);
    const auto order = read<std::int64_t>(shape[4]);
    auto weights = read<T>(offsets.back());

    const std::vector<std::ptrdiff_t> c_starts(starts.begin(), starts.end()), c_order(order.begin(), order.end());
    const bool is_float = sizeof(T) == sizeof(float);
    const Rows rows = {
        values.data(), sparse ? columns.data() : nullptr, sparse ? c_starts.data() : nullptr,
        static_cast<std::ptrdiff_t>(n_columns), is_float, false};

    const std::ptrdiff_t n_lanes = is_float ? set.float_lanes : set.double_lanes;
    const std::ptrdiff_t width = (rows.n_columns + n_lanes - 1) / n_lanes * n_lanes;
    std::vector<Layer> layers;
    std::ptrdiff_t n_scratch = 0;
    for (std::ptrdiff_t l = 0; l < n_layers; ++l) {
        const auto at = static_cast<std::size_t>(l);
        const auto stride = static_cast<std::ptrdiff_t>(offsets[2 * at + 2] - offsets[2 * at + 1]);
        layers.push_back(
            {weights.data() + offsets[2 * at], weights.data() + offsets[2 * at + 1], nullptr, nullptr,
             static_cast<std::ptrdiff_t>(sizes[at]), static_cast<std::ptrdiff_t>(sizes[at + 1]), stride});
        n_scratch += 2 * stride;
    }
    n_scratch += block_scratch(width, layers[0].stride);
    std::vector<T> scratch(static_cast<std::size_t>(n_scratch));
    T *free = scratch.data();
    for (Layer &layer : layers) {
        layer.postact = free;
        layer.error = free + layer.stride;
        free += 2 * layer.stride;
    }
    const Network net = {layers.data(), n_layers, free, shape[5] != 0};
    const Visits visits = {
        c_order.data(), static_cast<std::ptrdiff_t>(c_order.size()), classes.data(), 1, step.data(),
        {parameters[0], parameters[0]}, parameters[1], shape[6] != 0};
    Tally tally = {0.0, 0.0, 0.0};
    set.train(rows, net, visits, tally);
    std::vector<T> logits(static_cast<std::size_t>(n_rows));
    set.decide(rows, net, nullptr, 0, static_cast<std::ptrdiff_t>(n_rows), logits.data(), 1);
    std::vector<std::uint64_t> hashes(static_cast<std::size_t>(n_rows));
    hash_rows<float>(rows, nullptr, static_cast<std::ptrdiff_t>(n_rows), hashes.data());
    write(weights);
    write(std::vector<double>{tally.loss});
    write(logits);
    write(hashes);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 1;
    problems = std::fopen(argv[1], "rb");
    results = std::fopen(argv[2], "wb");
    if (!problems || !results)
        return 1;
    for (std::int64_t left = read<std::int64_t>(1)[0]; left > 0; --left) {
        const auto kind = read<std::int64_t>(3);
        const InstructionSet set = instruction_set_of(static_cast<int>(kind[0]));
        if (!set.available) {
            std::fprintf(stderr, "instruction set %d is not available\n", static_cast<int>(kind[0]));
            return 4;
        }
        if (kind[1])
            solve<float>(set, kind[2] != 0);
        else
            solve<double>(set, kind[2] != 0);
    }
    std::fclose(results);
    return 0;
}
