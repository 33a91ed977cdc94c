using System.Globalization;
using Mlp.Training.Networks;

namespace Mlp.Training.Search;

/// <summary>
/// The Halton sequence (Halton, "On the efficiency of certain quasi-random sequences of points", 1960), scrambled by a random permutation of the digits at each place (Owen, "A randomized Halton algorithm in R", 2017,
/// whose permutations this uses: one per base and place, the same for all points). Point i depends on seed and i alone.
/// </summary>
internal sealed class HaltonSequence
{
    private readonly int[] _bases;
    private readonly int[][][] _permutations;

    /// <param name="dimensions">Coordinates per point.</param>
    /// <param name="seed">Decides the permutations.</param>
    public HaltonSequence(int dimensions, int seed)
    {
        _bases = [.. Primes().Take(dimensions)];
        _permutations = System.Array.ConvertAll(_bases, b => Permutations(b, seed));
    }

    /// <summary>A coordinate of a point, in [0, 1).</summary>
    /// <param name="index">The point from 0.</param>
    /// <param name="dimension">The coordinate.</param>
    public double At(int index, int dimension)
    {
        var (b, left) = (_bases[dimension], index);
        var (value, place) = (0.0, 1.0 / _bases[dimension]);
        foreach (var permutation in _permutations[dimension])
        {
            value += permutation[left % b] * place;
            left /= b;
            place /= b;
        }

        return Math.Min(value, Math.BitDecrement(1.0));
    }

    // As many places as a double can tell apart.
    private static int[][] Permutations(int b, int seed)
    {
        var random = SeededRandom.For(seed, string.Create(CultureInfo.InvariantCulture, $"Halton sequence in base {b}"));
        var places = (int)Math.Ceiling(53 / Math.Log2(b));
        return [.. Enumerable.Range(0, places).Select(_ =>
        {
            var permutation = Enumerable.Range(0, b).ToArray();
            random.Shuffle(permutation);
            return permutation;
        })];
    }

    private static IEnumerable<int> Primes()
    {
        var found = new List<int>();
        for (var candidate = 2; ; candidate++)
        {
            if (found.TrueForAll(p => candidate % p != 0))
            {
                found.Add(candidate);
                yield return candidate;
            }
        }
    }
}
