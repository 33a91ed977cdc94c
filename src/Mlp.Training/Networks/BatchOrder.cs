namespace Mlp.Training.Networks;

/// <summary>
/// Which rows form which batch of which epoch: a function of seed and epoch alone, so that a resumed training knows it. Rows of a group stay together. Batches are of nearly equal size and
/// have at least two rows where there are two, because one row has no variance for BatchNorm. Immutable.
/// </summary>
internal sealed class BatchOrder
{
    private readonly int _rowCount;
    private readonly int[] _groupStarts;
    private readonly int _seed;

    /// <summary>Plans.</summary>
    /// <param name="rowCount">Number of rows.</param>
    /// <param name="groups">The number of each row's group, ascending; empty without groups.</param>
    /// <param name="batchSize">Rows of a batch, about.</param>
    /// <param name="seed">Of the order.</param>
    public BatchOrder(int rowCount, ReadOnlySpan<int> groups, int batchSize, int seed)
    {
        (_rowCount, _seed) = (rowCount, seed);
        _groupStarts = Starts(groups);
        var units = _groupStarts.Length > 0 ? _groupStarts.Length - 1 : rowCount;
        BatchCount = Math.Max(1, Math.Min((rowCount + batchSize - 1) / batchSize, units / 2));
        LargestBatch = (units + BatchCount - 1) / BatchCount;
        if (_groupStarts.Length > 0)
        {
            LargestBatch = Enumerable.Range(0, units).Select(g => _groupStarts[g + 1] - _groupStarts[g]).OrderDescending().Take(LargestBatch).Sum();
        }
    }

    /// <summary>Batches of an epoch.</summary>
    public int BatchCount { get; }

    /// <summary>Rows that a batch has at most.</summary>
    public int LargestBatch { get; }

    /// <summary>The order of an epoch.</summary>
    /// <param name="epoch">Epoch from 1.</param>
    public Plan For(int epoch)
    {
        var random = SeededRandom.For(_seed, FormattableString.Invariant($"order of epoch {epoch}"));
        var units = new int[_groupStarts.Length > 0 ? _groupStarts.Length - 1 : _rowCount];
        for (var i = 0; i < units.Length; i++)
        {
            units[i] = i;
        }

        random.Shuffle(units);
        var ends = new int[BatchCount];
        for (var batch = 0; batch < ends.Length; batch++)
        {
            ends[batch] = (int)((long)units.Length * (batch + 1) / ends.Length);
        }

        return _groupStarts.Length > 0 ? Spread(units, ends) : new(units, ends);
    }

    private Plan Spread(int[] groups, int[] groupEnds)
    {
        var rows = new int[_rowCount];
        var ends = new int[groupEnds.Length];
        var (done, batch) = (0, 0);
        for (var i = 0; i < groups.Length; i++)
        {
            for (var row = _groupStarts[groups[i]]; row < _groupStarts[groups[i] + 1]; row++)
            {
                rows[done++] = row;
            }

            if (i + 1 == groupEnds[batch])
            {
                ends[batch++] = done;
            }
        }

        return new(rows, ends);
    }

    private static int[] Starts(ReadOnlySpan<int> groups)
    {
        if (groups.IsEmpty)
        {
            return [];
        }

        var starts = new List<int> { 0 };
        for (var row = 1; row < groups.Length; row++)
        {
            if (groups[row] != groups[row - 1])
            {
                starts.Add(row);
            }
        }

        return [.. starts, groups.Length];
    }

    /// <summary>The rows of an epoch in order, and where each batch ends.</summary>
    public sealed record Plan(int[] Rows, int[] Ends)
    {
        /// <summary>The rows of a batch.</summary>
        public ReadOnlySpan<int> Of(int batch)
        {
            var start = batch == 0 ? 0 : Ends[batch - 1];
            return Rows.AsSpan(start, Ends[batch] - start);
        }

        /// <summary>Rows of a run of batches.</summary>
        public int CountOf(int first, int end) => Ends[end - 1] - (first == 0 ? 0 : Ends[first - 1]);
    }
}
