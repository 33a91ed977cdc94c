namespace Mlp.Runtime.Statistics.Estimation;

/// <summary>Random splits of labelled rows that keep the classes' shares: scikit-learn's StratifiedShuffleSplit for two classes, row for row.</summary>
internal sealed class StratifiedSplits
{
    private readonly int[][] _rowsOfClass;
    private readonly int _rowCount;
    private readonly MersenneTwister _random;

    /// <summary>Prepares splits.</summary>
    /// <param name="labels">Shape (rows), 0 or 1, both at least twice.</param>
    /// <param name="seed">Seed.</param>
    internal StratifiedSplits(ReadOnlySpan<byte> labels, uint seed)
    {
        var (zeros, ones) = (new List<int>(), new List<int>());
        for (var i = 0; i < labels.Length; i++)
        {
            (labels[i] == 0 ? zeros : ones).Add(i);
        }

        _rowsOfClass = [[.. zeros], [.. ones]];
        _rowCount = labels.Length;
        _random = new MersenneTwister(seed);
    }

    /// <summary>The next split.</summary>
    /// <param name="testShare">Share of the rows that go to the test part, rounded up.</param>
    internal (int[] Train, int[] Test) Next(double testShare)
    {
        var testCount = (int)Math.Ceiling(testShare * _rowCount);
        var trainCount = _rowCount - testCount;
        int[] counts = [_rowsOfClass[0].Length, _rowsOfClass[1].Length];
        var trainOf = Share(counts, trainCount);
        var testOf = Share([counts[0] - trainOf[0], counts[1] - trainOf[1]], testCount);
        var (train, test) = (new List<int>(trainCount), new List<int>(testCount));
        for (var c = 0; c < 2; c++)
        {
            var permutation = _random.Permutation(counts[c]);
            for (var i = 0; i < trainOf[c] + testOf[c]; i++)
            {
                (i < trainOf[c] ? train : test).Add(_rowsOfClass[c][permutation[i]]);
            }
        }

        return (Reorder(train), Reorder(test));
    }

    /// <summary>Shares a number of draws out over the classes: rounded down, and what is left goes to the greatest remainders, by chance where they are equal.</summary>
    private int[] Share(int[] counts, int draws)
    {
        double total = counts[0] + counts[1];
        double[] wanted = [counts[0] / total * draws, counts[1] / total * draws];
        int[] shares = [(int)Math.Floor(wanted[0]), (int)Math.Floor(wanted[1])];
        var left = draws - shares[0] - shares[1];
        if (left <= 0)
        {
            return shares;
        }

        var (first, second) = (wanted[0] - shares[0], wanted[1] - shares[1]);
        if (first == second)
        {
            var order = _random.Permutation(2);
            for (var i = 0; i < Math.Min(left, 2); i++)
            {
                shares[order[i]]++;
            }

            return shares;
        }

        var greater = first > second ? 0 : 1;
        shares[greater]++;
        if (left > 1)
        {
            shares[1 - greater]++;
        }

        return shares;
    }

    private int[] Reorder(List<int> rows)
    {
        var order = _random.Permutation(rows.Count);
        return Array.ConvertAll(order, i => rows[i]);
    }
}
