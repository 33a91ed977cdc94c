using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Registry;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Registry;

/// <summary>A model that was published and is exported, in a folder of its own.</summary>
public abstract class PackagedModel : IDisposable
{
    private protected static readonly ModelOutput Output = new() { Task = ModelTask.Regression, ScoreOutput = "score", LabelDefinition = "The fare.", LabelUnit = "USD" };

    private protected static readonly TrainingSetManifest TrainingSet = new()
    {
        Features = [.. Enumerable.Range(0, 3).Select(i => new FeatureColumn($"f{i}", FeatureType.Float32, "view"))],
        LabelColumns = ["fare"],
        Commits = [new FeatureViewCommit("view", 1, new string('b', 64), 4)],
        RowCount = 100,
        ContentHash = new string('c', 64),
    };

    private protected TempDirectory Folder { get; } = new();

    private protected string PackagePath => Folder.Combine("model.mlpkg");

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Folder.Dispose();
    }

    private protected string[] Leftovers() => Directory.GetFileSystemEntries(Folder.FullName, ".tmp-*", SearchOption.AllDirectories);

    private protected Task<(FileModelRegistry Registry, ModelManifest Manifest)> PublishAsync(bool isExternal) => PublishAsync(isExternal, Folder.Combine("source"));

    private protected static async Task<(FileModelRegistry Registry, ModelManifest Manifest)> PublishAsync(bool isExternal, string directory)
    {
        Directory.CreateDirectory(Path.Combine(directory, "files", "sub"));
        await File.WriteAllBytesAsync(Path.Combine(directory, "files", "sub", "w.bin"), [.. new float[] { 1, 2, 3 }.SelectMany(BitConverter.GetBytes)]);
        await File.WriteAllBytesAsync(Path.Combine(directory, "files", "m.onnx"), isExternal ? ExternalOnnx.Linear("sub/w.bin", 3, 1) : OnnxBytes.Linear(outputs: 1));
        var features = Enumerable.Range(0, 3).Select(i => new FeatureColumn($"f{i}", FeatureType.Float32, "view")).ToArray();
        var rows = new FeatureRows(new FeatureRowLayout(features), 1);
        rows.Float32.Fill(2);
        rows.Status.Fill(FeatureStatus.Present);
        var registry = TestRegistry.Open(directory);
        var package = ModelPackage.FromFile(Path.Combine(directory, "files", "m.onnx"), Output) with
        {
            Features = features,
            GoldenRows = new GoldenRows(rows, [isExternal ? 12.0 : 6.0]),
            Metrics = new Dictionary<string, double> { ["mae"] = 1.5, ["auc"] = double.NaN },
            Tags = new Dictionary<string, string> { ["team"] = "pricing" },
            TrainingSetManifest = TrainingSet.ToJson(),
            ReferenceProfile = """{"format":"mlp-reference-profile","formatVersion":1,"rowCount":0,"features":[]}"""u8.ToArray(),
        };
        var parent = await registry.PublishAsync("fares", package);
        return (registry, await registry.PublishAsync("fares", package with { ParentVersion = parent.Version }));
    }
}
