using System.Globalization;
using System.Runtime.InteropServices;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Collectives.Interop;

namespace Mlp.Training.Distributed.DataParallel;

/// <summary>
/// The gradients of replicas that are threads of one process, and who adds up which part. Nobody waits for a transfer: the replica that completes a bucket last opens it, and whoever comes by takes pieces of open buckets, reads
/// them of all replicas in the order of the ranks and writes the sums to all. Only at the end of a step replicas wait for each other. Thread-safe; each rank is one thread.
/// </summary>
/// <param name="count">Replicas.</param>
/// <param name="timeout">How long a replica is waited for at the end of a step.</param>
internal sealed class SharedGradients(int count, TimeSpan timeout)
{
    // A piece of two replicas fits into the second cache level beside what computes there.
    private const int PieceLength = 1 << 15;

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    // Some 100 µs: less than it takes until a thread that sleeps is up and has its caches again. With more replicas than processors somebody else needs this one.
    private static readonly int Spins = 400;

    private readonly nint[] _addresses = new nint[count];
    private readonly long[] _ended = new long[count];
    private readonly double[][] _totals = [.. Enumerable.Range(0, 2 * count).Select(_ => new double[16])];
    private readonly object _gate = new();
    private readonly IGradientObserver?[] _observers = new IGradientObserver?[count];
    private Bucket[] _buckets = [];
    private long _pieceCount;
    private Counter _done;
    private int _parked;
    private int _summing;
    private bool _hasFailed;

    /// <summary>Brings in a replica.</summary>
    /// <param name="rank">The replica.</param>
    /// <param name="address">Its flat gradients, float32.</param>
    /// <param name="buckets">How they are cut; equal for all.</param>
    /// <param name="observer">Is told how they come together; null for nobody.</param>
    public void Join(int rank, nint address, IReadOnlyList<GradientBucket> buckets, IGradientObserver? observer = null)
    {
        lock (_gate)
        {
            (_addresses[rank], _observers[rank]) = (address, observer);
            if (_buckets.Length == 0)
            {
                _buckets = [.. buckets.Select(b => new Bucket(b))];
                _pieceCount = _buckets.Sum(b => b.Pieces);
            }
        }
    }

    /// <summary>Cuts gradients into other buckets, as if no step had been taken. By one replica, while the others wait.</summary>
    public void Cut(IReadOnlyList<GradientBucket> buckets)
    {
        _buckets = [.. buckets.Select(b => new Bucket(b))];
        _pieceCount = _buckets.Sum(b => b.Pieces);
        Array.Clear(_ended);
        Volatile.Write(ref _done.Value, 0);
    }

    /// <summary>Takes a replica out, whose memory nobody touches from here on. Those that wait for it hear that it has ended before its time; at the end of a training nobody does.</summary>
    public void Leave()
    {
        Volatile.Write(ref _hasFailed, true);
        lock (_gate)
        {
            Monitor.PulseAll(_gate);
        }

        // Whoever sums has counted itself before it looked whether somebody has left, and is at it for microseconds.
        Interlocked.MemoryBarrier();
        var spinner = default(SpinWait);
        while (Volatile.Read(ref _summing) > 0)
        {
            spinner.SpinOnce();
        }
    }

    /// <summary>Shows the losses of a step.</summary>
    public void Show(int rank, long step, ReadOnlySpan<double> totals) => totals.CopyTo(_totals[Slot(rank, step)]);

    /// <summary>Says that a bucket is complete on one more replica, and helps with those that are open, unless this one has opened it: then the others have waited long enough.</summary>
    public void Arrive(int rank, int bucket)
    {
        var (at, observer) = (_buckets[bucket], _observers[rank]);
        observer?.Ready(bucket);
        var arrivals = Interlocked.Increment(ref at.Arrivals.Value);
        if (arrivals % count == 0)
        {
            at.LastRank = rank;
            Interlocked.Exchange(ref at.Open.Value, arrivals / count * at.Pieces);
            Wake();
            observer?.Opened(bucket);
        }
        else
        {
            while (Help(observer))
            {
            }
        }
    }

    /// <summary>Waits for the end of a step, and helps.</summary>
    /// <param name="rank">Who waits.</param>
    /// <param name="step">The step, from 1.</param>
    /// <param name="totals">Receives the sums of the losses, in the order of the ranks.</param>
    /// <returns>False when a replica has ended before its time.</returns>
    /// <exception cref="CollectiveTimeoutException">Replicas did not come in time.</exception>
    public bool Finish(int rank, long step, Span<double> totals)
    {
        var (end, observer) = (step * _pieceCount, _observers[rank]);
        Volatile.Write(ref _ended[rank], step);
        long? slept = null;
        for (var spins = 0; Volatile.Read(ref _done.Value) < end;)
        {
            if (Help(observer))
            {
                spins = 0;
            }
            else if (Volatile.Read(ref _hasFailed))
            {
                return false;
            }
            else if (spins++ < Spins && count <= Environment.ProcessorCount)
            {
                Thread.SpinWait(30);
            }
            else
            {
                slept ??= TimeProvider.System.GetTimestamp();
                var left = timeout - TimeProvider.System.GetElapsedTime(slept.Value);
                if (left <= TimeSpan.Zero)
                {
                    ThrowIfAnyIsMissing(step);
                }

                Park(end, left);
            }
        }

        // The last bucket of the next step is not open before this replica has come to it.
        observer?.Finished(_buckets[^1].LastRank);
        totals.Clear();
        for (var other = 0; other < count; other++)
        {
            for (var i = 0; i < totals.Length; i++)
            {
                totals[i] += _totals[Slot(other, step)][i];
            }
        }

        return true;
    }

    // Where all have come, somebody is about to end a piece, which takes microseconds.
    private void ThrowIfAnyIsMissing(long step)
    {
        int[] missing = [.. Enumerable.Range(0, count).Where(r => Volatile.Read(ref _ended[r]) < step)];
        if (missing.Length > 0)
        {
            throw new CollectiveTimeoutException(string.Create(
                CultureInfo.InvariantCulture,
                $"Expected {count} replicas at the end of a step within {CollectiveSentences.Duration(timeout)}, but {CollectiveSentences.Ranks(missing)} did not come."))
            {
                Ranks = missing,
                Tensor = "gradients",
            };
        }
    }

    // A replica is one step ahead at most, so two places are enough.
    private int Slot(int rank, long step) => (int)((step % 2 * count) + rank);

    private bool Help(IGradientObserver? observer)
    {
        for (var i = 0; i < _buckets.Length; i++)
        {
            var bucket = _buckets[i];
            for (long taken; (taken = Volatile.Read(ref bucket.Taken.Value)) < Volatile.Read(ref bucket.Open.Value);)
            {
                if (Interlocked.CompareExchange(ref bucket.Taken.Value, taken + 1, taken) == taken)
                {
                    return TrySum(i, (int)(taken % bucket.Pieces), observer);
                }
            }
        }

        return false;
    }

    private bool TrySum(int bucket, int piece, IGradientObserver? observer)
    {
        observer?.SumBegun(bucket);
        Interlocked.Increment(ref _summing);
        try
        {
            if (Volatile.Read(ref _hasFailed))
            {
                return false;
            }

            Sum(_buckets[bucket].Place, piece);
        }
        finally
        {
            Interlocked.Decrement(ref _summing);
        }

        // Before the step can end: after that the observer may belong to the next.
        observer?.SumEnded(bucket, Interlocked.Increment(ref _buckets[bucket].Summed.Value) % _buckets[bucket].Pieces == 0);
        if (Interlocked.Increment(ref _done.Value) % _pieceCount == 0)
        {
            Wake();
        }

        return true;
    }

    private void Sum(GradientBucket bucket, int piece)
    {
        var start = piece * PieceLength;
        Span<nint> places = stackalloc nint[count];
        for (var rank = 0; rank < count; rank++)
        {
            places[rank] = _addresses[rank] + ((nint)sizeof(float) * (bucket.Start + start));
        }

        FusedReduction.Run(ElementType.Float32, ReduceOperation.Sum, places, places, Math.Min(PieceLength, bucket.Length - start));
    }

    private void Park(long end, TimeSpan limit)
    {
        lock (_gate)
        {
            Interlocked.Increment(ref _parked);
            if (!Volatile.Read(ref _hasFailed) && Volatile.Read(ref _done.Value) < end && Array.TrueForAll(_buckets, b => Volatile.Read(ref b.Taken.Value) >= Volatile.Read(ref b.Open.Value)))
            {
                Monitor.Wait(_gate, limit > Shortest ? limit : Shortest);
            }

            Interlocked.Decrement(ref _parked);
        }
    }

    // What is waited for was written by an interlocked operation before this, and who parks counts itself by one before it looks: one of the two sees the other.
    private void Wake()
    {
        if (Volatile.Read(ref _parked) > 0)
        {
            lock (_gate)
            {
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>A number on cache lines of its own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Counter
    {
        [FieldOffset(64)]
        public long Value;
    }

    /// <summary>How far a bucket is, counted in pieces from the first step on.</summary>
    private sealed class Bucket(GradientBucket place)
    {
        public Counter Arrivals;
        public Counter Open;
        public Counter Taken;
        public Counter Summed;

        /// <summary>Who has opened it last; written before <see cref="Open"/>.</summary>
        public int LastRank;

        public GradientBucket Place => place;

        public int Pieces { get; } = (place.Length + PieceLength - 1) / PieceLength;
    }
}
