using Mlp.Training.Distributed.DataParallel;

namespace Mlp.Training.Networks;

/// <summary>
/// Which rows form which batch of which epoch: a function of seed and epoch alone, so that a resumed training knows it. Rows of a group stay together. Batches are of nearly equal size and
/// have at least two rows where there are two, because one row has no variance for BatchNorm. Where replicas train together, each batch is cut into a part for each, of nearly equal size, in the
/// order of the ranks; the rows and the order of the batch are those of one replica with larger batches. Immutable.
/// </summary>
internal sealed class BatchOrder
{
    private readonly int _rowCount;
    private readonly int[] _groupStarts;
    private readonly int _batchSize;
    private readonly int _seed;
    private readonly Shard _shard;

    /// <summary>Plans.</summary>
    /// <param name="rowCount">Number of rows.</param>
    /// <param name="groups">The number of each row's group, ascending; empty without groups.</param>
    /// <param name="batchSize">Rows of a batch for each replica, about.</param>
    /// <param name="seed">Of the order.</param>
    /// <param name="shard">Whose part of each batch is asked for; null for all of it.</param>
    public BatchOrder(int rowCount, ReadOnlySpan<int> groups, int batchSize, int seed, Shard? shard = null)
    {
        (_rowCount, _batchSize, _seed, _shard) = (rowCount, batchSize, seed, shard ?? Shard.Whole);
        _groupStarts = Starts(groups);
        BatchCount = BatchCountFrom(0, _shard.Count);
        LargestBatch = LargestBatchFrom(0);
    }

    /// <summary>What is put in order: rows, or groups of them.</summary>
    public int UnitCount => _groupStarts.Length > 0 ? _groupStarts.Length - 1 : _rowCount;

    /// <summary>Batches of an epoch.</summary>
    public int BatchCount { get; }

    /// <summary>Rows that a replica's part of a batch has at most.</summary>
    public int LargestBatch { get; }

    /// <summary>Batches of the rest of an epoch.</summary>
    /// <param name="start">Units that come before it.</param>
    /// <param name="replicas">Replicas that share each batch.</param>
    public int BatchCountFrom(int start, int replicas)
    {
        var (rest, size) = ((long)UnitCount - start, (long)_batchSize * replicas);
        var rows = start == 0 ? _rowCount : (_rowCount * rest + UnitCount - 1) / UnitCount;
        return (int)Math.Max(1, Math.Min((rows + size - 1) / size, rest / (2 * replicas)));
    }

    /// <summary>Rows that a replica's part of a batch of the rest of an epoch has at most.</summary>
    /// <param name="start">Units that come before it.</param>
    public int LargestBatchFrom(int start)
    {
        var count = BatchCountFrom(start, _shard.Count);
        var largest = (int)_shard.LargestOf((UnitCount - start + count - 1) / count);
        return _groupStarts.Length == 0
            ? largest
            : Enumerable.Range(0, UnitCount).Select(g => _groupStarts[g + 1] - _groupStarts[g]).OrderDescending().Take(largest).Sum();
    }

    /// <summary>The order of an epoch.</summary>
    /// <param name="epoch">Epoch from 1.</param>
    /// <param name="first">Units that come before the first batch; they are those that come first in any plan of this epoch.</param>
    public Plan For(int epoch, int first = 0)
    {
        var random = SeededRandom.For(_seed, FormattableString.Invariant($"order of epoch {epoch}"));
        var units = new int[UnitCount];
        for (var i = 0; i < units.Length; i++)
        {
            units[i] = i;
        }

        random.Shuffle(units);
        var (count, rest) = (first == 0 ? BatchCount : BatchCountFrom(first, _shard.Count), (long)units.Length - first);
        var ends = new int[count * _shard.Count];
        for (var part = 0; part < ends.Length; part++)
        {
            var (batch, rank) = Math.DivRem(part, _shard.Count);
            var (start, end) = (first + (rest * batch / count), first + (rest * (batch + 1) / count));
            ends[part] = (int)(start + new Shard(rank, _shard.Count).EndOf(end - start));
        }

        return _groupStarts.Length > 0 ? Spread(units, ends, first) : new(units, ends, _shard, first);
    }

    private Plan Spread(int[] groups, int[] groupEnds, int first)
    {
        var rows = new int[_rowCount];
        var ends = new int[groupEnds.Length];
        var (done, part, firstRow) = (0, 0, 0);
        for (var i = 0; i < groups.Length; i++)
        {
            firstRow = i == first ? done : firstRow;
            for (; groupEnds[part] == i; part++)
            {
                ends[part] = done;
            }

            for (var row = _groupStarts[groups[i]]; row < _groupStarts[groups[i] + 1]; row++)
            {
                rows[done++] = row;
            }
        }

        ends.AsSpan(part).Fill(done);
        return new(rows, ends, _shard, firstRow);
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

    /// <summary>The rows of an epoch in order, where each replica's part of each batch ends, and which row is the first one's first.</summary>
    public sealed record Plan(int[] Rows, int[] Ends, Shard Shard, int First)
    {
        /// <summary>The rows of the replica's part of a batch.</summary>
        public ReadOnlySpan<int> Of(int batch)
        {
            var part = (batch * Shard.Count) + Shard.Rank;
            return Rows.AsSpan(StartOf(part), Ends[part] - StartOf(part));
        }

        /// <summary>Rows of a run of batches, of all replicas.</summary>
        public int CountOf(int first, int end) => StartOf(end * Shard.Count) - StartOf(first * Shard.Count);

        private int StartOf(int part) => part == 0 ? First : Ends[part - 1];
    }
}
