using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Registry;
using Mlp.Spark.Commands;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Functions.Models;

/// <summary>A model published in a registry of its own, served by a platform of its own, and exported as a package.</summary>
internal sealed class TestPackage : IAsyncDisposable
{
    private const string Name = "scored";

    private readonly TempDirectory _directory;
    private readonly MlPlatform _platform;

    private TestPackage(TempDirectory directory, MlPlatform platform) => (_directory, _platform) = (directory, platform);

    /// <summary>The package.</summary>
    public FileReference File { get; private set; } = new("", "");

    /// <summary>Folder of the package.</summary>
    public string Folder => Path.GetDirectoryName(File.Path)!;

    /// <summary>The registry.</summary>
    public IModelRegistry Registry => _platform.Registry;

    /// <summary>The model in process.</summary>
    public IModel Model => _platform.GetModel(Name);

    /// <summary>A regression of a given number of columns: the sum of a row times the weight.</summary>
    public static Task<TestPackage> CreateLinearAsync(int width = 3, float weight = 2, IReadOnlyList<FeatureColumn>? features = null, string input = "x")
        => CreateAsync(OnnxBytes.Linear(inputs: width, outputs: 1, weight: weight, input: input, output: "y"), new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "y" }, features);

    /// <summary>Publishes, exports and serves a model.</summary>
    public static async Task<TestPackage> CreateAsync(byte[] onnx, ModelOutput output, IReadOnlyList<FeatureColumn>? features = null, Action<ModelOptions>? options = null)
    {
        var directory = new TempDirectory();
        var builder = MlPlatform.CreateBuilder().UseDataDirectory(directory.Combine("data")).AddModel(Name, m =>
        {
            m.FromVersion(1);
            options?.Invoke(m);
        });
        var platform = builder.Build();
        var package = new TestPackage(directory, platform);
        try
        {
            await platform.StartAsync();
            var registry = platform.Registry;
            await registry.PublishAsync(Name, new ModelPackage { Onnx = onnx, Output = output, Features = features });
            var path = directory.Combine("model.mlpkg");
            package.File = new FileReference(path, await registry.ExportAsync(Name, 1, path));
            await package.Model.WaitUntilReadyAsync();
            return package;
        }
        catch
        {
            await package.DisposeAsync();
            throw;
        }
    }

    /// <summary>A column of doubles.</summary>
    public static IArrowArray Doubles(params double?[] values)
    {
        var column = new DoubleArray.Builder();
        foreach (var value in values)
        {
            _ = value is { } number ? column.Append(number) : column.AppendNull();
        }

        return column.Build();
    }

    /// <summary>A table.</summary>
    public static RecordBatch Table(params (string Name, IArrowArray Values)[] columns)
        => new(new Schema([.. columns.Select(c => new Field(c.Name, c.Values.Data.DataType, nullable: true))], null), columns.Select(c => c.Values), columns[0].Values.Length);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _platform.DisposeAsync();
        _directory.Dispose();
    }
}
