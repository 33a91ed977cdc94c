using Mlp.Training.Networks;

namespace Mlp.Training.Sampling;

/// <summary>Draws rows. The same arguments give the same rows on every machine.</summary>
public static class RowSampler
{
    /// <summary>Draws rows with replacement, each draw with a probability in proportion to the weights (Walker's alias method, as by Vose, "A linear algorithm for generating random numbers with a given distribution", 1991).</summary>
    /// <param name="weights">Weight per row, 0 or more and finite; at least one above 0.</param>
    /// <param name="count">Number of draws, at least 0.</param>
    /// <param name="seed">Decides the draws.</param>
    /// <returns>Rows in the order in which they were drawn, shape (count).</returns>
    /// <exception cref="ArgumentException">A weight or the count is out of range.</exception>
    public static int[] WithReplacement(ReadOnlySpan<double> weights, int count, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var (shares, alias) = AliasTable(weights, Sum(weights));
        var random = SeededRandom.For(seed, "sample with replacement");
        var rows = new int[count];
        foreach (ref var row in rows.AsSpan())
        {
            var place = random.NextInt(weights.Length);
            row = random.NextDouble() < shares[place] ? place : alias[place];
        }

        return rows;
    }

    /// <summary>
    /// Draws rows without replacement: each next one among those left, with a probability in proportion to the weights (Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006: the greatest u^(1/w)).
    /// </summary>
    /// <param name="weights">Weight per row, 0 or more and finite.</param>
    /// <param name="count">Number of rows, at most as many as have a weight above 0.</param>
    /// <param name="seed">Decides the draws.</param>
    /// <returns>Distinct rows in the order in which they were drawn, shape (count).</returns>
    /// <exception cref="ArgumentException">A weight or the count is out of range.</exception>
    public static int[] WithoutReplacement(ReadOnlySpan<double> weights, int count, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        Sum(weights);
        var random = SeededRandom.For(seed, "sample without replacement");
        var candidates = new List<(double Key, int Row)>();
        for (var row = 0; row < weights.Length; row++)
        {
            // -log(u) / w orders as u^(1/w) does, downwards, and does not vanish for small weights.
            var key = -Math.Log(1 - random.NextDouble());
            if (weights[row] > 0)
            {
                candidates.Add((key / weights[row], row));
            }
        }

        if (count > candidates.Count)
        {
            throw new ArgumentException(FormattableString.Invariant($"Expected at most {candidates.Count} rows to be drawn without replacement, as many as have a weight above 0, but found {count}."), nameof(count));
        }

        candidates.Sort();
        return [.. candidates.Take(count).Select(c => c.Row)];
    }

    /// <summary>Draws rows without replacement so that each stratum keeps its share, to within one row: the places that are left over go to the largest remainders.</summary>
    /// <param name="strata">Stratum per row, from 0.</param>
    /// <param name="count">Number of rows, 0 to the number there are.</param>
    /// <param name="seed">Decides the draws.</param>
    /// <returns>Distinct rows in ascending order, shape (count).</returns>
    /// <exception cref="ArgumentException">A stratum or the count is out of range.</exception>
    public static int[] Stratified(ReadOnlySpan<int> strata, int count, int seed) => Stratified(strata, count, SeededRandom.For(seed, "stratified sample"));

    /// <summary>Draws from a generator, which may draw again.</summary>
    internal static int[] Stratified(ReadOnlySpan<int> strata, int count, SeededRandom random)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, strata.Length);
        var members = Members(strata);
        var rowCount = (long)strata.Length;
        var quotas = members.Select(m => m.Count * (long)count / rowCount).ToArray();
        var places = count - (int)quotas.Sum();
        var byRemainder = Enumerable.Range(0, members.Count).OrderByDescending(s => members[s].Count * (long)count % rowCount).ThenBy(s => s);
        foreach (var stratum in byRemainder.Take(places))
        {
            quotas[stratum]++;
        }

        return Draw(members, stratum => (int)quotas[stratum], random);
    }

    /// <summary>Draws the same number of rows from each stratum: without replacement while there are enough, and every row equally often, to within one, where there are not.</summary>
    /// <param name="strata">Stratum per row, from 0.</param>
    /// <param name="countPerStratum">Rows per stratum, at least 1.</param>
    /// <param name="seed">Decides the draws.</param>
    /// <returns>Rows in ascending order.</returns>
    /// <exception cref="ArgumentException">A stratum or the count is out of range, or a stratum between others has no rows.</exception>
    public static int[] Balanced(ReadOnlySpan<int> strata, int countPerStratum, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(countPerStratum, 1);
        var members = Members(strata);
        var empty = members.FindIndex(m => m.Count == 0);
        if (empty >= 0)
        {
            throw new ArgumentException(FormattableString.Invariant($"Expected rows in every stratum up to {members.Count - 1}, but stratum {empty} is empty."), nameof(strata));
        }

        return Draw(members, _ => countPerStratum, SeededRandom.For(seed, "balanced sample"));
    }

    private static int[] Draw(List<List<int>> members, Func<int, int> countOf, SeededRandom random)
    {
        var rows = new List<int>();
        for (var stratum = 0; stratum < members.Count; stratum++)
        {
            for (var left = countOf(stratum); left > 0; left -= members[stratum].Count)
            {
                var order = members[stratum].ToArray();
                random.Shuffle(order);
                rows.AddRange(order.Take(left));
            }
        }

        rows.Sort();
        return [.. rows];
    }

    private static List<List<int>> Members(ReadOnlySpan<int> strata)
    {
        var members = new List<List<int>>();
        for (var row = 0; row < strata.Length; row++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(strata[row], nameof(strata));
            while (members.Count <= strata[row])
            {
                members.Add([]);
            }

            members[strata[row]].Add(row);
        }

        return members;
    }

    private static double Sum(ReadOnlySpan<double> weights)
    {
        var sum = 0.0;
        for (var row = 0; row < weights.Length; row++)
        {
            if (!(weights[row] >= 0 && double.IsFinite(weights[row])))
            {
                throw new ArgumentException(FormattableString.Invariant($"Expected weights of 0 or more, but row {row} has another one."), nameof(weights));
            }

            sum += weights[row];
        }

        return sum > 0 && double.IsFinite(sum) ? sum : throw new ArgumentException("Expected a row with a weight above 0 and a finite sum of weights, but found none.", nameof(weights));
    }

    private static (double[] Shares, int[] Alias) AliasTable(ReadOnlySpan<double> weights, double sum)
    {
        var shares = new double[weights.Length];
        var alias = new int[weights.Length];
        var (small, large) = (new Stack<int>(), new Stack<int>());
        for (var row = weights.Length - 1; row >= 0; row--)
        {
            shares[row] = weights[row] / sum * weights.Length;
            alias[row] = row;
            (shares[row] < 1 ? small : large).Push(row);
        }

        while (small.Count > 0 && large.Count > 0)
        {
            var (less, more) = (small.Pop(), large.Pop());
            alias[less] = more;
            shares[more] -= 1 - shares[less];
            (shares[more] < 1 ? small : large).Push(more);
        }

        // What rounding has left over is 1 but for rounding; a row without weight never stands for itself.
        var heaviest = IndexOfGreatest(weights);
        foreach (var row in small.Concat(large))
        {
            (shares[row], alias[row]) = (row == heaviest ? 1 : Math.Clamp(shares[row], 0, 1), heaviest);
        }

        return (shares, alias);
    }

    private static int IndexOfGreatest(ReadOnlySpan<double> values)
    {
        var greatest = 0;
        for (var i = 1; i < values.Length; i++)
        {
            greatest = values[i] > values[greatest] ? i : greatest;
        }

        return greatest;
    }
}
