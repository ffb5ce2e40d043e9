/* The choice kernel by hand: the yardstick of `sim bench`.
 *
 * The same arithmetic as sim/consumers/choice.py, in the same order and in single precision, with the
 * same draws and blocks, so that every choice and every probability must come out equal to the bit.
 * Written as one would write it for speed: short loops over arrays that stay in cache, no branches in
 * them. No intrinsics, no fast-math.
 *
 *     cc -O3 -march=native -ffp-contract=off -shared -fPIC choice.c
 */

#include <stdint.h>

#define BLOCK 512
#define DEGREE 18
#define CHANNELS 32
#define NESTS 32
#define NEVER (-1e30f)
#define INLINE static inline __attribute__((always_inline))

typedef float row[BLOCK] __attribute__((aligned(64)));
typedef uint32_t words[BLOCK] __attribute__((aligned(64)));

struct market {
    int32_t channels, nests;
    const int32_t *host, *seller;       /* nest of each channel's host and brand, or -1 */
    const float *log_host, *log_brand;  /* ln of the weights on these nests */
    const float *similarity;            /* lambda by nest */
    const float *polynomial;            /* nests x (DEGREE + 1), smooth part of ln S */
    const uint8_t *used;                /* nests that have a channel */
};

struct keys {
    const uint64_t *channels, *nests;
    uint64_t nothing;
};

/* Scratch rows; one thread at a time. */
static words drawn;
static row spare, shock, best, chance, logsum;
static row factor[NESTS], top[NESTS], mass[NESTS], inclusive[NESTS];

/* --- elementary functions: Cephes, Moshier 1989 ------------------------------------------------ */

INLINE int32_t as_int(float x) { union { float f; int32_t i; } u = {.f = x}; return u.i; }
INLINE float as_float(int32_t i) { union { int32_t i; float f; } u = {.i = i}; return u.f; }
/* a where the mask is all ones, b where it is zero: no branch, so that the loops vectorise. */
INLINE float pick(int32_t mask, float a, float b) { return as_float((as_int(a) & mask) | (as_int(b) & ~mask)); }
INLINE float larger(float a, float b) { return a > b ? a : b; }
INLINE float smaller(float a, float b) { return a < b ? a : b; }
INLINE float uniform(uint32_t bits) { return ((float)(int32_t)(bits >> 1) + 0.5f) * 0x1p-31f; }
INLINE float upper_uniform(uint32_t bits) { return ((float)(INT32_MAX - (int32_t)(bits >> 1)) + 0.5f) * 0x1p-31f; }

INLINE float log_series(float r, float exponent)
{
    float z = r * r;
    float y = (float)7.0376836292e-2;
    y = y * r + (float)-1.1514610310e-1;
    y = y * r + (float)1.1676998740e-1;
    y = y * r + (float)-1.2420140846e-1;
    y = y * r + (float)1.4249322787e-1;
    y = y * r + (float)-1.6668057665e-1;
    y = y * r + (float)2.0000714765e-1;
    y = y * r + (float)-2.4999993993e-1;
    y = y * r + (float)3.3333331174e-1;
    return r + (y * r * z - 0.5f * z) + exponent * (float)0.6931471805599453;
}

INLINE float ln(float x)
{
    int32_t bits = as_int(x), exponent = (bits - 0x3F3504F3) >> 23;
    float mantissa = as_float((int32_t)((uint32_t)bits - ((uint32_t)exponent << 23)));
    return log_series(mantissa - 1.0f, (float)exponent);
}

INLINE float exponential_of(float x)
{
    float y = pick(-(x > -87.0f), x, -87.0f);
    y = pick(-(y < 88.0f), y, 88.0f);
    float shifted = y * (float)1.44269504088896341;
    float half = as_float((as_int(shifted) & INT32_MIN) | 0x3F000000); /* 0.5 with the sign of shifted */
    int32_t whole = (int32_t)(shifted + half);
    float n = (float)whole;
    float r = (y - n * (float)0.693359375) - n * (float)-2.12194440e-4;
    float p = (float)1.9875691500e-4;
    p = p * r + (float)1.3981999507e-3;
    p = p * r + (float)8.3334519073e-3;
    p = p * r + (float)4.1665795894e-2;
    p = p * r + (float)1.6666665459e-1;
    p = p * r + 0.5f;
    float power = (p * r * r + r + 1.0f) * as_float((int32_t)((uint32_t)(whole + 127) << 23));
    return pick(-(x > -87.0f), power, 0.0f);
}

INLINE float exponential(uint32_t bits)
{
    float v = uniform(bits), upper = upper_uniform(bits);
    int32_t x = as_int(upper), exponent = (x - 0x3F3504F3) >> 23;
    float mantissa = as_float((int32_t)((uint32_t)x - ((uint32_t)exponent << 23)));
    return -log_series(pick(-(exponent == 0), -v, mantissa - 1.0f), (float)exponent);
}

INLINE uint32_t fold(uint32_t x, int by) { return x ^ (x >> by); }

INLINE uint32_t first(uint64_t key, uint32_t person)
{
    uint32_t x = fold(person ^ (uint32_t)key, 16) * 0x7FEB352Du;
    return fold(fold(x ^ (uint32_t)(key >> 32), 15) * 0x846CA68Bu, 16);
}

INLINE uint32_t second(uint64_t key, uint32_t person)
{
    uint32_t x = fold(person ^ (uint32_t)(key >> 32), 15) * 0x21F0AAADu;
    return fold(fold(x ^ (uint32_t)key, 15) * 0x735A2D97u, 15);
}

/* --- realised choice --------------------------------------------------------------------------- */

static void first_words(uint64_t key, const uint32_t *restrict person, int n)
{
    for (int k = 0; k < n; k++) drawn[k] = first(key, person[k]);
}

static void second_words(uint64_t key, const uint32_t *restrict person, int n)
{
    for (int k = 0; k < n; k++) drawn[k] = second(key, person[k]);
}

static void polynomial_part(const float *restrict p, int n, float *restrict out)
{
    const float c0 = p[0], c1 = p[1], c2 = p[2], c3 = p[3], c4 = p[4], c5 = p[5], c6 = p[6], c7 = p[7],
                c8 = p[8], c9 = p[9], c10 = p[10], c11 = p[11], c12 = p[12], c13 = p[13], c14 = p[14],
                c15 = p[15], c16 = p[16], c17 = p[17], c18 = p[18];
    for (int k = 0; k < n; k++) {
        float x = upper_uniform(drawn[k]) - uniform(drawn[k]);
        float y = ((((((((c0 * x + c1) * x + c2) * x + c3) * x + c4) * x + c5) * x + c6) * x + c7) * x + c8) * x + c9;
        y = (((((((y * x + c10) * x + c11) * x + c12) * x + c13) * x + c14) * x + c15) * x + c16) * x + c17;
        out[k] = y * x + c18;
    }
}

/* ln S of a positive-stable variable with index lambda. */
static void stable_factor(float lambda, const float *restrict polynomial, uint64_t key,
                          const uint32_t *restrict person, int n, float *restrict out)
{
    float inverse = 1.0f / lambda, rest = inverse - 1.0f;
    first_words(key, person, n);
    polynomial_part(polynomial, n, out);
    for (int k = 0; k < n; k++) out[k] = out[k] + exponential(drawn[k]) * inverse;
    second_words(key, person, n);
    for (int k = 0; k < n; k++) spare[k] = exponential(drawn[k]);
    for (int k = 0; k < n; k++) out[k] = out[k] - rest * ln(spare[k]);
}

static void draw_factors(const struct market *m, const struct keys *keys, const uint32_t *person, int n)
{
    for (int nest = 0; nest < m->nests; nest++) {
        if (m->used[nest] && m->similarity[nest] != 1.0f) {
            stable_factor(m->similarity[nest], m->polynomial + nest * (DEGREE + 1), keys->nests[nest], person, n,
                          factor[nest]);
        } else {
            for (int k = 0; k < n; k++) factor[nest][k] = 0.0f;
        }
    }
}

static void raise_shock(float lambda, float log_a, const float *restrict f, int n)
{
    for (int k = 0; k < n; k++) spare[k] = exponential(drawn[k]);
    for (int k = 0; k < n; k++) shock[k] = larger(shock[k], log_a + lambda * (-ln(spare[k]) + f[k]));
}

static void channel_shock(const struct market *m, uint64_t key, int j, const uint32_t *person, int n)
{
    int host = m->host[j], seller = m->seller[j];
    for (int k = 0; k < n; k++) shock[k] = NEVER;
    if (host >= 0) {
        first_words(key, person, n);
        raise_shock(m->similarity[host], m->log_host[j], factor[host], n);
    }
    if (seller >= 0) {
        second_words(key, person, n);
        raise_shock(m->similarity[seller], m->log_brand[j], factor[seller], n);
    }
}

static void choose(const struct market *m, const struct keys *keys, const uint32_t *person, int n,
                   const float *restrict utility, const float *restrict outside, int32_t *restrict choice)
{
    draw_factors(m, keys, person, n);
    first_words(keys->nothing, person, n);
    for (int k = 0; k < n; k++) spare[k] = exponential(drawn[k]);
    for (int k = 0; k < n; k++) best[k] = outside[k] - ln(spare[k]);
    for (int k = 0; k < n; k++) choice[k] = -1;
    for (int j = 0; j < m->channels; j++) {
        const float *restrict v = utility + j * BLOCK;
        channel_shock(m, keys->channels[j], j, person, n);
        for (int k = 0; k < n; k++) {
            float u = v[k] + shock[k];
            choice[k] = u > best[k] ? j : choice[k];
            best[k] = larger(best[k], u);
        }
    }
}

/* --- expected choice --------------------------------------------------------------------------- */

static void raise_top(const float *restrict v, float log_a, float lambda, int n, float *restrict t)
{
    float inverse = 1.0f / lambda;
    for (int k = 0; k < n; k++) t[k] = larger(t[k], (log_a + v[k]) * inverse);
}

static void add_mass(const float *restrict v, float log_a, float lambda, int n,
                     const float *restrict t, float *restrict sum)
{
    float inverse = 1.0f / lambda;
    for (int k = 0; k < n; k++) sum[k] += exponential_of((log_a + v[k]) * inverse - t[k]);
}

static void sum_nests(const struct market *m, int n, const float *restrict outside)
{
    for (int k = 0; k < n; k++) best[k] = outside[k];
    for (int nest = 0; nest < m->nests; nest++) {
        if (!m->used[nest]) continue;
        float lambda = m->similarity[nest];
        float *restrict value = inclusive[nest];
        for (int k = 0; k < n; k++) {
            value[k] = lambda * (top[nest][k] + ln(mass[nest][k]));
            best[k] = larger(best[k], value[k]);
        }
    }
    for (int k = 0; k < n; k++) logsum[k] = exponential_of(outside[k] - best[k]);
    for (int nest = 0; nest < m->nests; nest++) {
        if (!m->used[nest]) continue;
        for (int k = 0; k < n; k++) logsum[k] += exponential_of(inclusive[nest][k] - best[k]);
    }
    for (int k = 0; k < n; k++) logsum[k] = best[k] + ln(logsum[k]);
}

static void inclusive_values(const struct market *m, int n, const float *utility, const float *outside)
{
    for (int nest = 0; nest < m->nests; nest++)
        for (int k = 0; k < n; k++) {
            top[nest][k] = NEVER;
            mass[nest][k] = 0.0f;
        }
    for (int j = 0; j < m->channels; j++) {
        const float *v = utility + j * BLOCK;
        int host = m->host[j], seller = m->seller[j];
        if (host >= 0) raise_top(v, m->log_host[j], m->similarity[host], n, top[host]);
        if (seller >= 0) raise_top(v, m->log_brand[j], m->similarity[seller], n, top[seller]);
    }
    for (int j = 0; j < m->channels; j++) {
        const float *v = utility + j * BLOCK;
        int host = m->host[j], seller = m->seller[j];
        if (host >= 0) add_mass(v, m->log_host[j], m->similarity[host], n, top[host], mass[host]);
        if (seller >= 0) add_mass(v, m->log_brand[j], m->similarity[seller], n, top[seller], mass[seller]);
    }
    sum_nests(m, n, outside);
}

static void add_chance(const float *restrict v, float log_a, float lambda, int nest, int n)
{
    const float *restrict t = top[nest], *restrict g = inclusive[nest], *restrict sum = mass[nest];
    float inverse = 1.0f / lambda;
    for (int k = 0; k < n; k++) {
        float within = (log_a + v[k]) * inverse - t[k];
        chance[k] += exponential_of(within + g[k] - logsum[k]) / larger(sum[k], 1e-30f);
    }
}

static void channel_chance(const struct market *m, int j, int n, const float *v)
{
    int host = m->host[j], seller = m->seller[j];
    for (int k = 0; k < n; k++) chance[k] = 0.0f;
    if (host >= 0) add_chance(v, m->log_host[j], m->similarity[host], host, n);
    if (seller >= 0) add_chance(v, m->log_brand[j], m->similarity[seller], seller, n);
}

/* --- what Python calls: all blocks of `people` consumers, one block's utilities for all ---------- */

int choose_all(const struct market *m, const struct keys *keys, const uint32_t *person, int64_t people,
               const float *utility, const float *outside, int32_t *choice)
{
    if (m->channels > CHANNELS || m->nests > NESTS) return 1;
    for (int64_t first = 0; first < people; first += BLOCK) {
        int n = people - first < BLOCK ? (int)(people - first) : BLOCK;
        choose(m, keys, person + first, n, utility, outside, choice + first);
    }
    return 0;
}

/* Probabilities, channels x people. */
int expect_all(const struct market *m, int64_t people, const float *utility, const float *outside, float *out)
{
    if (m->channels > CHANNELS || m->nests > NESTS) return 1;
    for (int64_t first = 0; first < people; first += BLOCK) {
        int n = people - first < BLOCK ? (int)(people - first) : BLOCK;
        inclusive_values(m, n, utility, outside);
        for (int j = 0; j < m->channels; j++) {
            float *restrict to = out + j * people + first;
            channel_chance(m, j, n, utility + j * BLOCK);
            for (int k = 0; k < n; k++) to[k] = chance[k];
        }
    }
    return 0;
}
