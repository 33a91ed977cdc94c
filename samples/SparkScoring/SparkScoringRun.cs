using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Apache.Arrow;
using Mlp.Features;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Scoring;
using Mlp.Spark.Connect;
using Quickstart.Features;

namespace SparkScoring;

/// <summary>Scores the same trips on Spark and in this process.</summary>
internal sealed class SparkScoringRun(SparkScoringOptions options, TextWriter output)
{
    private const string Model = TaxiFeatures.BigTipper;
    private const double Tolerance = 1e-6;

    /// <summary>Runs it.</summary>
    /// <param name="cancellationToken">Ends it, on Spark too.</param>
    /// <returns>Whether both agree.</returns>
    public async Task<bool> ExecuteAsync(CancellationToken cancellationToken)
    {
        if (!Directory.Exists(Path.Combine(options.DataDirectory, "registry")))
        {
            throw new SparkScoringException($"Expected the data directory of the Quickstart at '{Path.GetFullPath(options.DataDirectory)}', but found no registry: run samples/Quickstart first, or name it by --data.");
        }

        // A reader leaves the directory as it is, and one that serves meanwhile alone.
        await using var ml = MlPlatform.CreateBuilder().UseDataDirectory(options.DataDirectory).AsReader().AddFeatures(TaxiFeatures.Add).AddModel(Model).Build();
        await ml.StartAsync(cancellationToken);
        var champion = ml.Registry.FindAlias(Model, "champion")?.Version ?? throw new SparkScoringException($"Expected a champion of model '{Model}' in '{options.DataDirectory}', but found none: run samples/Quickstart first.");

        await using var own = options.Jars is { } jars ? await SparkProcess.StartAsync(jars, cancellationToken) : null;
        await using var session = ml.Spark(own?.Connection ?? options.Connection!, WorkerBesideThis());
        var version = await session.GetVersionAsync(cancellationToken);
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"Spark {version}, model '{Model}' version {champion}"));

        var scratch = Directory.CreateTempSubdirectory("spark-scoring-data-");
        try
        {
            var input = options.Input ?? Path.Combine(scratch.FullName, "input");
            if (options.Input is null)
            {
                await session.Range(0, options.RowCount, partitionCount: 4).SelectSql([.. TripTable.Columns]).Write.ParquetAsync(input, cancellationToken);
            }

            return await CompareAsync(session, ml.GetModel(Model), session.Read.Parquet(input), options.Output ?? Path.Combine(scratch.FullName, "scores"), cancellationToken);
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    /// <summary>The archive of the package where it is there, else the worker that was built with this program.</summary>
    private static SparkSessionOptions WorkerBesideThis()
        => File.Exists(Path.Combine(AppContext.BaseDirectory, "mlp-spark-worker.linux-x64.tar.gz"))
            ? new SparkSessionOptions()
            : new SparkSessionOptions { WorkerPath = Path.Combine(AppContext.BaseDirectory, "mlp-spark-worker") };

    private async Task<bool> CompareAsync(SparkSession session, IModel model, SparkDataFrame trips, string scores, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();

        // The table has requests and stored features: the worker computes the rest by the method that serves, and then the model.
        await trips.Score(Model, keep: TripTable.Id).Write.ParquetAsync(scores, cancellationToken);
        var onSpark = watch.Elapsed;

        watch.Restart();
        var expected = await ReadAsync(model.ScoreAsync(FeaturesAsync(trips, cancellationToken), new ScoringOptions { Columns = [TripTable.Id] }, cancellationToken), "the input", cancellationToken);
        var here = watch.Elapsed;
        var found = await ReadAsync(session.Read.Parquet(scores).Select(TripTable.Id, BatchColumns.Score).CollectAsync(cancellationToken), "the scores", cancellationToken);
        var worst = found.Where(f => expected.ContainsKey(f.Key)).Select(f => Difference(f.Value, expected[f.Key])).DefaultIfEmpty(0).Max();

        Print("on Spark, read, computed, scored and written", found.Count, onSpark);
        Print("in this process, collected, computed and scored", expected.Count, here);
        var agrees = found.Count == expected.Count && found.Keys.All(expected.ContainsKey) && worst <= Tolerance;
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{found.Count:N0} of {expected.Count:N0} rows compared, greatest difference {worst:G3}: {(agrees ? "they agree" : "they DIFFER")}"));
        return agrees;
    }

    private static async IAsyncEnumerable<RecordBatch> FeaturesAsync(SparkDataFrame trips, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var batch in trips.CollectAsync(cancellationToken))
        {
            yield return TripTable.WithFeatures(batch);
        }
    }

    private static async Task<Dictionary<long, double>> ReadAsync(IAsyncEnumerable<RecordBatch> batches, string what, CancellationToken cancellationToken)
    {
        var scores = new Dictionary<long, double>();
        await foreach (var batch in batches.WithCancellation(cancellationToken))
        {
            using (batch)
            {
                var (ids, values) = (batch.Column(0) as Int64Array, (DoubleArray)batch.Column(1));
                for (var row = 0; row < batch.Length; row++)
                {
                    if (ids?.GetValue(row) is not { } id || !scores.TryAdd(id, values.GetValue(row)!.Value))
                    {
                        throw new SparkScoringException($"Expected a column '{TripTable.Id}' of bigint with each number once in {what}, but found another type, a null or a number twice.");
                    }
                }
            }
        }

        return scores;
    }

    /// <summary>The difference as a part of a score above 1; NaN equals itself.</summary>
    private static double Difference(double found, double expected)
        => double.IsNaN(found) && double.IsNaN(expected) ? 0
            : Math.Abs(found - expected) / Math.Max(1, Math.Abs(expected)) is var difference && double.IsNaN(difference) ? double.PositiveInfinity
            : difference;

    private void Print(string what, long rows, TimeSpan time)
        => output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-48} {time.TotalSeconds,8:F2} s {rows / time.TotalSeconds,14:N0} rows/s"));
}
