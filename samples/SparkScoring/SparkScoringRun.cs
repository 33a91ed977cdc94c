using System.Diagnostics;
using System.Globalization;
using Apache.Arrow;
using Mlp.Features;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Scoring;
using Mlp.Spark.Connect;
using Quickstart.Features;

namespace SparkScoring;

/// <summary>Scores the same rows on Spark and in this process.</summary>
internal sealed class SparkScoringRun(SparkScoringOptions options, TextWriter output)
{
    private const string Id = "id";
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

        await using var ml = MlPlatform.CreateBuilder().UseDataDirectory(options.DataDirectory).AddFeatures(TaxiFeatures.Add).AddModel(options.Model).Build();
        await ml.StartAsync(cancellationToken);
        var champion = ml.Registry.FindAlias(options.Model, "champion")?.Version ?? throw new SparkScoringException($"Expected a champion of model '{options.Model}' in '{options.DataDirectory}', but found none.");
        var manifest = ml.Registry.FindVersion(options.Model, champion)!;

        await using var own = options.Jars is { } jars ? await SparkProcess.StartAsync(jars, cancellationToken) : null;
        await using var session = ml.Spark(own?.Connection ?? options.Connection!, WorkerBesideThis());
        await output.WriteLineAsync($"Spark {await session.GetVersionAsync(cancellationToken)}, model '{manifest.Name}' version {manifest.Version.ToString(CultureInfo.InvariantCulture)}");

        var scratch = Directory.CreateTempSubdirectory("spark-scoring-data-");
        try
        {
            var input = options.Input ?? await MakeInputAsync(session, manifest, Path.Combine(scratch.FullName, "input"), cancellationToken);
            return await CompareAsync(session, ml.GetModel(options.Model), input, options.Output ?? Path.Combine(scratch.FullName, "scores"), cancellationToken);
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

    private async Task<string> MakeInputAsync(SparkSession session, ModelManifest manifest, string folder, CancellationToken cancellationToken)
    {
        var features = manifest.Features ?? throw new SparkScoringException($"Expected a model with described features, but found none: name an input by --input ({manifest.Name}).");
        var columns = features.Select((f, i) => $"{Value(f, i)} AS `{f.Name}`");
        await session.Range(0, options.RowCount, partitionCount: 4).SelectSql([Id, .. columns]).Write.ParquetAsync(folder, cancellationToken);
        return folder;
    }

    /// <summary>A value by the row's number, so that every run reads the same.</summary>
    private static string Value(FeatureColumn feature, int seed)
    {
        var hash = string.Create(CultureInfo.InvariantCulture, $"pmod(hash(id, {seed}), 1000)");
        return feature switch
        {
            { IsVector: true } => string.Create(CultureInfo.InvariantCulture, $"array_repeat(CAST({hash} / 500.0 - 1 AS float), {feature.Length})"),
            { Type: FeatureType.Float32 } => $"CAST({hash} / 500.0 - 1 AS float)",
            { Type: FeatureType.Float64 } => $"CAST({hash} / 500.0 - 1 AS double)",
            { Type: FeatureType.Int64 } => $"CAST({hash} % 24 AS bigint)",
            { Type: FeatureType.Boolean } => $"{hash} % 2 = 0",
            _ => $"concat('value ', {hash} % 20)",
        };
    }

    private async Task<bool> CompareAsync(SparkSession session, IModel model, string input, string scores, CancellationToken cancellationToken)
    {
        var table = session.Read.Parquet(input);
        var watch = Stopwatch.StartNew();
        await table.Score(options.Model, keep: Id).Write.Mode(SparkSaveMode.Overwrite).ParquetAsync(scores, cancellationToken);
        var onSpark = watch.Elapsed;

        watch.Restart();
        var expected = new Dictionary<long, double>();
        await foreach (var batch in model.ScoreAsync(table.CollectAsync(cancellationToken), new ScoringOptions { Columns = [Id] }, cancellationToken))
        {
            Add(batch, expected);
        }

        var here = watch.Elapsed;
        var (compared, worst) = (0L, 0.0);
        await foreach (var batch in session.Read.Parquet(scores).Select(Id, BatchColumns.Score).CollectAsync(cancellationToken))
        {
            var found = new Dictionary<long, double>();
            Add(batch, found);
            foreach (var (id, score) in found)
            {
                compared++;
                worst = Math.Max(worst, Math.Abs(score - expected[id]) / Math.Max(1, Math.Abs(expected[id])));
            }
        }

        Print("on Spark, read, scored and written", compared, onSpark);
        Print("in this process, collected and scored", expected.Count, here);
        var agrees = compared == expected.Count && worst <= Tolerance;
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{compared:N0} of {expected.Count:N0} rows compared, greatest difference {worst:G3}: {(agrees ? "they agree" : "they DIFFER")}"));
        return agrees;
    }

    private static void Add(RecordBatch batch, Dictionary<long, double> scores)
    {
        using (batch)
        {
            var (ids, values) = ((Int64Array)batch.Column(0), (DoubleArray)batch.Column(1));
            for (var row = 0; row < batch.Length; row++)
            {
                scores[ids.GetValue(row)!.Value] = values.GetValue(row)!.Value;
            }
        }
    }

    private void Print(string what, long rows, TimeSpan time)
        => output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-40} {time.TotalSeconds,8:F2} s {rows / time.TotalSeconds,14:N0} rows/s"));
}
