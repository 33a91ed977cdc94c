using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Spark.Commands;
using Mlp.TestSupport;

namespace Mlp.Benchmarks.Spark;

/// <summary>A model of the reference data as a package, and tasks that score with it: an id and ten columns of doubles in, the id and the score out.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Package">The package.</param>
internal sealed record PeerModel(string Name, FileReference Package)
{
    private const int Width = 10;

    /// <summary>The command that scores a table.</summary>
    public ScoreCommand Command => new()
    {
        Model = Package,
        Inputs = [.. Enumerable.Range(0, Width).Select(i => new InputColumn($"X[{i}]", $"f{i}", Round: true))],
        Outputs = [new OutputColumn("score", "double")],
        Keep = ["id"],
    };

    /// <summary>Publishes and exports a model.</summary>
    /// <param name="name">Name of the file in <c>peers</c>, without its ending.</param>
    /// <param name="folder">Folder for registry and package.</param>
    /// <exception cref="FileNotFoundException">The reference data is not there.</exception>
    public static async Task<PeerModel> ExportAsync(string name, string folder)
    {
        var path = ReferenceData.Find($"peers/{name}.onnx") ?? throw new FileNotFoundException($"Expected 'peers/{name}.onnx' in the reference data, but found none.");
        await using var platform = MlPlatform.CreateBuilder().UseDataDirectory(Path.Combine(folder, $"{name}-data")).Build();
        await platform.StartAsync();
        var manifest = await platform.Registry.PublishAsync(name, ModelPackage.FromFile(path, new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "variable" }));
        var package = Path.Combine(folder, $"{name}.mlpkg");
        return new PeerModel(name, new FileReference(package, await platform.Registry.ExportAsync(name, manifest.Version, package)));
    }

    /// <summary>Random rows.</summary>
    /// <param name="random">The source.</param>
    /// <param name="count">Number of rows.</param>
    public static RecordBatch Rows(Random random, int count)
    {
        var fields = Enumerable.Range(0, Width).Select(c => new Field($"f{c}", DoubleType.Default, nullable: true)).Prepend(new Field("id", Int64Type.Default, nullable: false));
        var columns = Enumerable.Range(0, Width)
            .Select(_ => (IArrowArray)new DoubleArray.Builder().AppendRange(Enumerable.Range(0, count).Select(_ => (random.NextDouble() * 4) - 2)).Build())
            .Prepend(new Int64Array.Builder().AppendRange(Enumerable.Range(0, count).Select(i => (long)i)).Build());
        return new RecordBatch(new Schema(fields, null), columns, count);
    }
}
