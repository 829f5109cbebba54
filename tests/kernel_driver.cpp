// The kernel without Python, to be run on other processors: reads problems, writes what became of
// the weights. tests/test_other_processors.py writes the one file and compares the other.
//
// Usage: kernel_driver PROBLEMS RESULTS
// Both files are plain numbers, one array after another, in the order of the code below.
#include <cstdio>
#include <cstdlib>

#include "dispatch.hpp"
#include "hash.hpp"

using namespace sklearn_mlp;

static std::FILE *problems, *results;

// In place of std::vector, so that no C++ library has to be built for the other processor.
template <class T> struct Array {
    std::size_t n;
    T *values;

    explicit Array(std::int64_t size)
        : n(static_cast<std::size_t>(size)), values(static_cast<T *>(std::calloc(n + 1, sizeof(T))))
    {
        if (!values)
            std::exit(5);
    }
    Array(const Array &) = delete;
    ~Array() { std::free(values); }
    T &operator[](std::ptrdiff_t i) const { return values[i]; }

    void read() const
    {
        if (std::fread(values, sizeof(T), n, problems) != n)
            std::exit(2);
    }
    void write() const
    {
        if (std::fwrite(values, sizeof(T), n, results) != n)
            std::exit(3);
    }
};

template <class T> struct Given : Array<T> {
    explicit Given(std::int64_t size) : Array<T>(size) { this->read(); }
};

// What X is and how its visits are computed; the numbers of FORMS in test_other_processors.py.
enum class Form : std::int64_t { dense, sparse, dual };

// Trains in the dual (dual.hpp), whose rows come in two blocks; each row is a distinct one.
template <class T>
static void train_in_dual(
    const InstructionSet &set, const T *values, std::ptrdiff_t n_rows, const Rows &rows,
    const Network &net, const Visits &visits, Tally &tally)
{
    const Layer &first = net.layers[0];
    const Array<T> gram(n_rows * n_rows), initial(first.fan_in * first.stride);
    const Array<T> start(n_rows * first.stride), change(n_rows * first.stride);
    const Array<std::ptrdiff_t> places(n_rows);
    for (std::ptrdiff_t i = 0; i < n_rows; ++i)
        places[i] = i;
    for (std::size_t i = 0; i < initial.n; ++i)
        initial.values[i] = static_cast<const T *>(first.weights)[i];
    double factor = 1.0;
    const Dual dual = {
        initial.values, start.values, change.values, gram.values, places.values, &factor, n_rows};
    const std::ptrdiff_t from[] = {0, n_rows / 2, n_rows};
    Rows blocks[] = {rows, rows};
    blocks[1].values = values + from[1] * rows.n_columns;
    const auto size = [&from](int b) { return from[b + 1] - from[b]; };
    for (int b = 0; b < 2; ++b) {
        set.begin_dual(blocks[b], size(b), dual, net, from[b]);
        for (int c = 0; c <= b; ++c)
            set.gram_block(
                blocks[b], size(b), blocks[c], size(c), gram.values, n_rows, from[b], from[c]);
    }
    set.train_in_dual(rows, dual, net, visits, tally);
    for (int b = 0; b < 2; ++b)
        set.end_dual(blocks[b], size(b), dual, net, from[b]);
}

template <class T> static void solve(const InstructionSet &set, Form form)
{
    const bool sparse = form == Form::sparse;
    const Given<std::int64_t> shape(7);
    const auto n_rows = static_cast<std::ptrdiff_t>(shape[0]);
    const auto n_columns = static_cast<std::ptrdiff_t>(shape[1]);
    const auto n_layers = static_cast<std::ptrdiff_t>(shape[3]);
    const auto n_visits = static_cast<std::ptrdiff_t>(shape[4]);
    const Given<std::int64_t> sizes(n_layers + 1), offsets(2 * n_layers + 1);
    const Given<double> parameters(2);
    const Given<T> values(shape[2]);
    const Given<std::int32_t> columns(sparse ? shape[2] : 0);
    const Given<std::int64_t> starts(sparse ? n_rows + 1 : 0);
    const Given<std::int32_t> classes(n_rows);
    const Given<double> step(n_rows);
    const Given<std::int64_t> order(n_visits);
    const Given<T> weights(offsets[2 * n_layers]);

    const Array<std::ptrdiff_t> c_starts(n_rows + 1), c_order(n_visits);
    for (std::ptrdiff_t i = 0; sparse && i <= n_rows; ++i)
        c_starts[i] = static_cast<std::ptrdiff_t>(starts[i]);
    for (std::ptrdiff_t i = 0; i < n_visits; ++i)
        c_order[i] = static_cast<std::ptrdiff_t>(order[i]);
    const bool is_float = sizeof(T) == sizeof(float);
    const Rows rows = {
        values.values, sparse ? columns.values : nullptr, sparse ? c_starts.values : nullptr,
        n_columns, is_float, false};

    const std::ptrdiff_t n_lanes = is_float ? set.float_lanes : set.double_lanes;
    const std::ptrdiff_t width = (n_columns + n_lanes - 1) / n_lanes * n_lanes;
    const Array<Layer> layers(n_layers);
    std::ptrdiff_t n_scratch = 0;
    for (std::ptrdiff_t l = 0; l < n_layers; ++l) {
        const auto stride = static_cast<std::ptrdiff_t>(offsets[2 * l + 2] - offsets[2 * l + 1]);
        layers[l] = {
            weights.values + offsets[2 * l], weights.values + offsets[2 * l + 1], nullptr, nullptr,
            static_cast<std::ptrdiff_t>(sizes[l]), static_cast<std::ptrdiff_t>(sizes[l + 1]), stride};
        n_scratch += 2 * stride;
    }
    const Array<T> scratch(n_scratch + block_scratch(width, layers[0].stride));
    T *free = scratch.values;
    for (std::ptrdiff_t l = 0; l < n_layers; ++l) {
        layers[l].postact = free;
        layers[l].error = free + layers[l].stride;
        free += 2 * layers[l].stride;
    }
    const Network net = {layers.values, n_layers, free, shape[5] != 0};
    const Visits visits = {
        c_order.values, n_visits, classes.values, 1, step.values,
        {parameters[0], parameters[0]}, parameters[1], static_cast<Loss>(shape[6])};
    Tally tally = {0.0, 0.0, 0.0};
    if (form == Form::dual)
        train_in_dual<T>(set, values.values, n_rows, rows, net, visits, tally);
    else
        set.train(rows, net, visits, tally);
    const Array<T> logits(n_rows);
    set.decide(rows, net, nullptr, 0, n_rows, logits.values, 1);
    const Array<std::uint64_t> hashes(n_rows);
    hash_rows<float>(rows, nullptr, n_rows, hashes.values);
    weights.write();
    const Array<double> loss(1);
    loss[0] = tally.loss;
    loss.write();
    logits.write();
    hashes.write();
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 1;
    problems = std::fopen(argv[1], "rb");
    results = std::fopen(argv[2], "wb");
    if (!problems || !results)
        return 1;
    const Given<std::int64_t> n_problems(1);
    for (std::int64_t left = n_problems[0]; left > 0; --left) {
        const Given<std::int64_t> kind(3);
        const InstructionSet set = instruction_set_of(static_cast<int>(kind[0]));
        if (!set.available) {
            std::fprintf(stderr, "instruction set %d is not available\n", static_cast<int>(kind[0]));
            return 4;
        }
        if (kind[1])
            solve<float>(set, static_cast<Form>(kind[2]));
        else
            solve<double>(set, static_cast<Form>(kind[2]));
    }
    std::fclose(results);
    return 0;
}
