using Apache.Arrow;
using Mlp.Runtime.Models;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Preprocessing;
using Mlp.Training.Sampling;

namespace Mlp.Training.Networks.Streams;

/// <summary>
/// Batches of a stream: each epoch reads the rows anew and shuffles them in a pool. Some batches together are a chunk, which is encoded at once. A batch that does not follow the one before
/// has the stream read from its beginning up to there. Of replicas that train together each reads the whole stream and takes its part of each batch.
/// </summary>
internal sealed class StreamBatches : BatchSource
{
    // Encodings look values up in dictionaries that they make per call.
    private const int ChunkRows = 8192;

    private readonly StreamedRows _rows;
    private readonly ShuffledRows _shuffled;
    private readonly FeatureEncoding _encoding;
    private readonly TargetScale _scale;
    private readonly double[] _classWeights;
    private readonly double? _weightFactor;
    private readonly bool _isClasses;
    private readonly int _batchesPerChunk;
    private readonly int _batchSize;
    private readonly Shard _shard;
    private IAsyncEnumerator<RecordBatch>? _chunks;
    private (EncodedRows Rows, TrainingTargets Targets, int First)? _chunk;
    private (int Epoch, int Index) _next = (0, 0);

    /// <summary>Prepares; nothing is read yet.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="encoding">How features become inputs.</param>
    /// <param name="scale">How labels become targets.</param>
    /// <param name="classWeights">How much the rows of each class count; empty when all count the same.</param>
    /// <param name="options">Size of batches and of the pool, seed and task.</param>
    /// <param name="shard">Whose part of each batch is asked for; null for all of it.</param>
    /// <exception cref="TrainingDataException">All rows have the weight 0.</exception>
    public StreamBatches(StreamedRows rows, FeatureEncoding encoding, TargetScale scale, double[] classWeights, NetworkOptions options, Shard? shard = null)
    {
        (_rows, _encoding, _scale, _classWeights, _shard) = (rows, encoding, scale, classWeights, shard ?? Shard.Whole);
        _isClasses = options.Task == ModelTask.MulticlassClassification;
        _shuffled = new(rows.Training, options.Stream.BufferRows, options.Seed);
        _weightFactor = rows.Survey.HasWeights || classWeights.Length > 0 ? rows.Survey.WeightFactor(classWeights) : null;
        _batchSize = options.BatchSize;
        BatchCount = BatchCountFrom(0, null);
        _batchesPerChunk = Math.Max(1, ChunkRows / LargestBatchFrom(0));
    }

    public override int BatchCount { get; }

    public override TrainingTargets? Targets => null;

    public override long UnitCount => _rows.Survey.TrainingCount;

    public override int BatchCountFrom(long start, int? replicas)
    {
        var (rest, count) = (_rows.Survey.TrainingCount - start, replicas ?? _shard.Count);
        var size = (long)_batchSize * count;
        return checked((int)Math.Max(1, Math.Min((rest + size - 1) / size, rest / (2 * count))));
    }

    public override TrainingBatch NewBatch() => new((int)_shard.LargestOf(Math.Max(LargestBatchFrom(0), LargestBatchFrom(PartStart))), _encoding.Width, _encoding.Ids.Count, _isClasses, _weightFactor is not null);

    public override int CountOf(int epoch, int first, int end) => (int)(StartOf(epoch, end) - StartOf(epoch, first));

    public override void Fill(TrainingBatch batch, int epoch, int index, CancellationToken cancellationToken)
    {
        if (_next != (epoch, index) || _chunks is null)
        {
            Open(epoch, index, cancellationToken);
        }

        if (_chunk is not { } chunk || index >= chunk.First + _batchesPerChunk)
        {
            _chunk = chunk = ReadChunk(index / _batchesPerChunk * _batchesPerChunk);
        }

        var count = CountOf(epoch, index, index + 1);
        var start = _shard.StartOf(count);
        batch.Copy(chunk.Rows, chunk.Targets, 0, CountOf(epoch, chunk.First, index) + (int)start, (int)(_shard.EndOf(count) - start));
        _next = index + 1 < BatchCountOf(epoch) ? (epoch, index + 1) : (epoch + 1, 0);
        if (index + 1 == BatchCountOf(epoch))
        {
            Close();
        }
    }

    public override void Dispose()
    {
        Close();
        base.Dispose();
    }

    // As in memory: batches of nearly equal size.
    private long StartOf(int epoch, int batch)
    {
        var start = epoch == PartEpoch ? PartStart : 0;
        return start + (long)((Int128)(_rows.Survey.TrainingCount - start) * batch / BatchCountOf(epoch));
    }

    private int LargestBatchFrom(long start)
    {
        var count = BatchCountFrom(start, null);
        return checked((int)((_rows.Survey.TrainingCount - start + count - 1) / count));
    }

    private void Open(int epoch, int index, CancellationToken cancellationToken)
    {
        Close();
        var first = index / _batchesPerChunk * _batchesPerChunk;
        _chunks = _shuffled.ReadEpochAsync(epoch, chunk => SizeOf(epoch, first + (int)(chunk * _batchesPerChunk)), StartOf(epoch, first), cancellationToken).GetAsyncEnumerator(cancellationToken);
    }

    private int SizeOf(int epoch, int first) => first >= BatchCountOf(epoch) ? 1 : CountOf(epoch, first, Math.Min(first + _batchesPerChunk, BatchCountOf(epoch)));

    private (EncodedRows Rows, TrainingTargets Targets, int First) ReadChunk(int first)
    {
        // The thread that calls is the training's or the loader's own; none of the pool's waits here.
        if (!_chunks!.MoveNextAsync().AsTask().GetAwaiter().GetResult())
        {
            throw new TrainingDataException(FormattableString.Invariant($"Expected {_rows.Survey.TrainingCount} training rows in every epoch, but the stream ended before."));
        }

        using var batch = _chunks.Current;
        var rows = LabelledRows.Of(batch, _rows.Training.Manifest, _rows.Reading);
        return (_encoding.Encode(rows.Table), TrainingTargets.Of(rows, 0, rows.RowCount, _scale, _classWeights, _weightFactor), first);
    }

    private void Close()
    {
        _chunks?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        (_chunks, _chunk) = (null, null);
    }
}
