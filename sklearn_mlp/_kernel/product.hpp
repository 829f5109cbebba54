// Matrix products of small blocks, for the blocked pass.
//
// Included once per instruction set, after layers.hpp.

// C += A B, or -= A^T B, for n_rows x n_vectors of C in registers; all are row-major, A with rows
// a_stride apart.
template <class T, int n_rows, int n_vectors, bool change>
INLINE void product_tile(
    T *c, std::ptrdiff_t c_stride, const T *a, std::ptrdiff_t a_stride, const T *b,
    std::ptrdiff_t b_stride, std::ptrdiff_t n_k)
{
    constexpr std::ptrdiff_t n = Lanes<T>::n;
    const std::ptrdiff_t by_row = change ? 1 : a_stride, by_k = change ? a_stride : 1;
    Vec<T> sum[n_rows][n_vectors];
    for (int r = 0; r < n_rows; ++r)
        for (int j = 0; j < n_vectors; ++j)
            sum[r][j] = load(c + r * c_stride + j * n);
    for (std::ptrdiff_t k = 0; k < n_k; ++k, a += by_k, b += b_stride) {
        Vec<T> row[n_vectors];
        for (int j = 0; j < n_vectors; ++j)
            row[j] = load(b + j * n);
        for (int r = 0; r < n_rows; ++r)
            for (int j = 0; j < n_vectors; ++j) {
                if constexpr (change)
                    sum[r][j] -= a[r * by_row] * row[j];
                else
                    sum[r][j] += a[r * by_row] * row[j];
            }
    }
    for (int r = 0; r < n_rows; ++r)
        for (int j = 0; j < n_vectors; ++j)
            store(c + r * c_stride + j * n, sum[r][j]);
}

// The same for n_rows x width of C, width in whole vectors: 4 rows by 3 vectors at a time, which
// is twelve sums, enough to hide the latency of an addition and few enough for 16 registers.
template <class T, int n_rows, bool change>
INLINE void product_rows(
    T *c, std::ptrdiff_t c_stride, const T *a, std::ptrdiff_t a_stride, const T *b,
    std::ptrdiff_t b_stride, std::ptrdiff_t n_k, std::ptrdiff_t width)
{
    constexpr std::ptrdiff_t n = Lanes<T>::n;
    constexpr int most = n_rows == 1 ? 8 : 3;
    std::ptrdiff_t j = 0;
    for (; width - j >= most * n && width - j != 4 * n; j += most * n)
        product_tile<T, n_rows, most, change>(c + j, c_stride, a, a_stride, b + j, b_stride, n_k);
    for (; width - j >= 2 * n; j += 2 * n)
        product_tile<T, n_rows, 2, change>(c + j, c_stride, a, a_stride, b + j, b_stride, n_k);
    if (width - j > 0)
        product_tile<T, n_rows, 1, change>(c + j, c_stride, a, a_stride, b + j, b_stride, n_k);
}

template <class T, bool change>
void product(
    std::ptrdiff_t n_rows, T *c, std::ptrdiff_t c_stride, const T *a, std::ptrdiff_t a_stride,
    const T *b, std::ptrdiff_t b_stride, std::ptrdiff_t n_k, std::ptrdiff_t width)
{
    const std::ptrdiff_t by_row = change ? 1 : a_stride;
    std::ptrdiff_t r = 0;
    for (; r + 4 <= n_rows; r += 4)
        product_rows<T, 4, change>(
            c + r * c_stride, c_stride, a + r * by_row, a_stride, b, b_stride, n_k, width);
    for (; r < n_rows; ++r)
        product_rows<T, 1, change>(
            c + r * c_stride, c_stride, a + r * by_row, a_stride, b, b_stride, n_k, width);
}
