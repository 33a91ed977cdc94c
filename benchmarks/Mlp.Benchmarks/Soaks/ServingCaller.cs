using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Batching;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Scoring;

namespace Mlp.Benchmarks.Soaks;

/// <summary>Calls a model in every way in turn, and checks every answer: the score of a version is its number. One run at a time.</summary>
/// <param name="model">The model.</param>
/// <param name="rest">Where it rests between calls.</param>
/// <param name="number">Where in the turn it begins.</param>
/// <param name="kinds">Which of the 16 kinds of calls are made: a bit each, the wrong shape being the lowest, then cancelled, out of time, a table, a batch, five records, six rows.</param>
internal sealed class ServingCaller(IModel model, RestingPlace rest, int number, int kinds)
{
    /// <summary>Features of a row.</summary>
    public const int Features = 64;

    private const int TableRows = 32;

    private readonly IModel<Row, Answer> _records = model.As<Row, Answer>();
    private readonly float[] _row = [.. Enumerable.Range(0, Features).Select(i => (float)i)];
    private readonly float[] _rows = new float[TableRows * Features];
    private readonly float[] _scores = new float[TableRows];
    private long _callCount;
    private long _failureCount;

    /// <summary>Calls made.</summary>
    public long CallCount => Volatile.Read(ref _callCount);

    /// <summary>Calls that were answered wrongly or ended as they must not.</summary>
    public long FailureCount => Volatile.Read(ref _failureCount);

    /// <summary>The first of these.</summary>
    public string? FirstFailure { get; private set; }

    /// <summary>Answers of a challenger.</summary>
    public long ChallengerCount { get; private set; }

    /// <summary>Calls of the wrong shape that were refused.</summary>
    public long RefusedCount { get; private set; }

    /// <summary>Calls that were cancelled.</summary>
    public long CancelledCount { get; private set; }

    /// <summary>Calls whose time was up.</summary>
    public long TimeoutCount { get; private set; }

    /// <summary>Calls until it is stopped.</summary>
    /// <param name="stop">Stops it.</param>
    public async Task CallUntilAsync(CancellationToken stop)
    {
        using var table = CreateTable();
        for (var call = number; !stop.IsCancellationRequested; call++)
        {
            if ((kinds & (1 << (call % 16))) == 0)
            {
                continue;
            }

            await rest.RestAsync();
            try
            {
                await CallAsync(call % 16, table);
            }
            catch (Exception e)
            {
                FirstFailure ??= e.ToString();
                Volatile.Write(ref _failureCount, _failureCount + 1);
            }

            Volatile.Write(ref _callCount, _callCount + 1);
        }
    }

    private async Task CallAsync(int kind, RecordBatch table)
    {
        switch (kind)
        {
            case 0:
                await MustEndAsync<ArgumentException>(() => Task.FromResult(model.Predict(_row.AsSpan(1))));
                RefusedCount++;
                break;
            case 1:
                await CancelAsync();
                break;
            case 2:
                await TimeOutAsync();
                break;
            case 3:
                using (var scored = await model.ScoreAsync(table, new ScoringOptions { Columns = [] }))
                {
                    Require(((DoubleArray)scored.Column(0)).GetValue(0)!.Value, int.Parse(scored.Schema.Metadata[BatchColumns.ModelVersionKey], System.Globalization.CultureInfo.InvariantCulture));
                }

                break;
            case 4:
                model.Predict(_rows, _scores);
                RequireOne(_scores);
                break;
            case < 10:
                var answer = await _records.PredictAsync(new Row(_row));
                Require(answer.Score, answer.ModelVersion);
                break;
            default:
                var prediction = model.Predict(_row);
                Require(prediction.Score, prediction.ModelVersion);
                ChallengerCount += prediction.Variant == "challenger" ? 1 : 0;
                break;
        }
    }

    /// <summary>A call that is cancelled while it runs, if it has not ended before.</summary>
    private async Task CancelAsync()
    {
        using var cancellation = new CancellationTokenSource();
        if (CancelledCount % 2 == 0)
        {
            await cancellation.CancelAsync();
            await MustEndAsync<OperationCanceledException>(async () => await _records.PredictAsync(new Row(_row), cancellationToken: cancellation.Token));
        }
        else
        {
            cancellation.CancelAfter(TimeSpan.FromMilliseconds(1));
            try
            {
                model.Predict(_rows, _scores, cancellationToken: cancellation.Token);
            }
            catch (OperationCanceledException)
            {
            }
        }

        CancelledCount++;
    }

    private async Task TimeOutAsync()
    {
        try
        {
            var answer = await _records.PredictAsync(new Row(_row), new PredictionOptions { Timeout = TimeSpan.FromMicroseconds(50) });
            Require(answer.Score, answer.ModelVersion);
        }
        catch (Exception e) when (e is PredictionTimeoutException or ModelOverloadedException or PredictionShedException)
        {
            TimeoutCount++;
        }
    }

    private static async Task MustEndAsync<TException>(Func<Task> call)
        where TException : Exception
    {
        try
        {
            await call();
        }
        catch (TException)
        {
            return;
        }

        throw new InvalidOperationException($"Expected {typeof(TException).Name}, but the call was answered.");
    }

    private static void Require(double score, int version)
    {
        if (score != version)
        {
            throw new InvalidOperationException(FormattableString.Invariant($"Version {version} answered {score}."));
        }
    }

    private static void RequireOne(float[] scores)
    {
        if (System.Array.Exists(scores, s => s != scores[0]) || scores[0] < 1)
        {
            throw new InvalidOperationException("A batch was answered by two versions, or by none.");
        }
    }

    private static RecordBatch CreateTable()
        => new(
            new Schema([.. Enumerable.Range(0, Features).Select(i => new Field(FormattableString.Invariant($"x[{i}]"), FloatType.Default, false))], null),
            Enumerable.Range(0, Features).Select(i => new FloatArray.Builder().AppendRange(Enumerable.Repeat((float)i, TableRows)).Build()),
            TableRows);

    private readonly record struct Row(float[] X);

    private readonly record struct Answer(double Score, int ModelVersion);
}
