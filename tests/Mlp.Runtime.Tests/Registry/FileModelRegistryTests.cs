using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Time.Testing;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Registry;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Registry;

public sealed class FileModelRegistryTests : IDisposable
{
    private static readonly JsonSerializerOptions PlainJson = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task PublishAsync_FullPackage_IsReadBackByAnotherRegistry()
    {
        var time = new FakeTimeProvider(TestRegistry.Start);
        var registry = TestRegistry.Open(_folder.FullName, time: time);
        var package = new ModelPackage
        {
            Onnx = OnnxBytes.Linear(inputs: 3, outputs: 2),
            Output = new ModelOutput { Task = ModelTask.BinaryClassification, ScoreOutput = "score", ScoreIndex = 1, ClassNames = ["no", "yes"], DecisionThreshold = 0.3 },
            FeatureService = new FeatureServiceReference("tips", 1, new string('f', 64)),
            Features = [new("a", FeatureType.Float32, "v"), new("b", FeatureType.Float32, "v"), new("c", FeatureType.Float32, "v")],
            Metrics = new Dictionary<string, double> { ["auc"] = 0.93, ["lift"] = double.NaN },
            TrainingSetHash = "abc",
            ReferenceProfile = """{"format":"mlp-reference-profile","formatVersion":1,"rowCount":0,"features":[]}"""u8.ToArray(),
            ExportProof = new ExportProof(100, 1e-7, 1e-5),
            Description = "first",
            Tags = new Dictionary<string, string> { ["team"] = "tips" },
        };

        var published = await registry.PublishAsync("taxi-tips", package);
        var other = TestRegistry.Open(_folder.FullName);
        var found = other.FindVersion("taxi-tips", 1)!;

        Assert.Equal(Json(published), Json(found));
        Assert.Equal(("taxi-tips", 1, TestRegistry.Start), (found.Name, found.Version, found.CreatedAt));
        Assert.Equal([new TensorSpecification("x", TensorElementKind.Float32, [-1, 3])], found.Signature.Inputs);
        Assert.Equal([new TensorSpecification("score", TensorElementKind.Float32, [-1, 2])], found.Signature.Outputs);
        Assert.Equal(package.Features, found.Features);
        Assert.Equal(0.3, found.Output.DecisionThreshold);
        Assert.True(double.IsNaN(found.Metrics["lift"]));
        Assert.Equal(package.Onnx.ToArray(), await other.ReadOnnxAsync(found));
        Assert.Equal(package.ReferenceProfile.ToArray(), await other.ReadReferenceProfileAsync(found));
    }

    [Fact]
    public async Task PublishAsync_Repeated_CountsUpAndStoresTheSameFileOnce()
    {
        var registry = TestRegistry.Open(_folder.FullName);

        for (var version = 1; version <= 12; version++)
        {
            Assert.Equal(version, (await registry.PublishAsync("m", TestRegistry.Package())).Version);
        }

        Assert.Equal(Enumerable.Range(1, 12), registry.ListVersions("m"));
        Assert.Single(BlobFiles());
    }

    [Fact]
    public async Task PublishAsync_LaidOutAsDocumented()
    {
        var manifest = await TestRegistry.Open(_folder.FullName).PublishAsync("m", TestRegistry.Package());

        Assert.True(File.Exists(_folder.Combine("registry", "models", "m", "versions", "1", "manifest.json")));
        Assert.True(File.Exists(_folder.Combine("registry", "blobs", "sha256", manifest.OnnxSha256[..2], manifest.OnnxSha256[2..])));
    }

    [Fact]
    public async Task PublishAsync_TruncatedFile_SaysSoAndLeavesNothing()
    {
        var whole = OnnxBytes.Linear();
        var registry = TestRegistry.Open(_folder.FullName);

        for (var part = 0; part < 20; part++)
        {
            var package = TestRegistry.Package() with { Onnx = whole.AsMemory(0, whole.Length * part / 20) };
            var error = await Assert.ThrowsAsync<InvalidModelException>(() => registry.PublishAsync("tips", package));
            Assert.StartsWith("Expected an ONNX file, but ", error.Message, StringComparison.Ordinal);
            Assert.Contains("(model 'tips')", error.Message, StringComparison.Ordinal);
        }

        AssertNothingPublished(registry);
    }

    [Fact]
    public async Task PublishAsync_ModelThatOnnxRuntimeRefuses_LeavesNothing()
    {
        var graph = OnnxBytes.Graph(
            OnnxBytes.Node("MatMul", ["x", "missing"], ["score"]), OnnxBytes.Input("x", OnnxBytes.Float, "N", 3), OnnxBytes.Output("score", OnnxBytes.Float, "N", 2));
        var registry = TestRegistry.Open(_folder.FullName);

        var error = await Assert.ThrowsAsync<InvalidModelException>(
            () => registry.PublishAsync("tips", TestRegistry.Package() with { Onnx = OnnxBytes.Model(graph) }));

        Assert.StartsWith("Expected a model that ONNX Runtime can load, but it says: ", error.Message, StringComparison.Ordinal);
        AssertNothingPublished(registry);
    }

    [Fact]
    public async Task PublishAsync_DescriptionThatDoesNotFit_LeavesNothing()
    {
        var registry = TestRegistry.Open(_folder.FullName);
        var package = TestRegistry.Package() with { Output = new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "y" } };

        var error = await Assert.ThrowsAsync<InvalidModelException>(() => registry.PublishAsync("tips", package));

        Assert.Equal("Expected output 'y' for the score, but found outputs 'score' (model 'tips').", error.Message);
        AssertNothingPublished(registry);
    }

    [Fact]
    public async Task PublishAsync_ParentThatDoesNotExist_IsRefused()
    {
        var registry = TestRegistry.Open(_folder.FullName);
        await registry.PublishAsync("m", TestRegistry.Package());

        Assert.Equal(1, (await registry.PublishAsync("m", TestRegistry.Package() with { ParentVersion = 1 })).ParentVersion);
        var error = await Assert.ThrowsAsync<InvalidModelException>(() => registry.PublishAsync("m", TestRegistry.Package() with { ParentVersion = 7 }));

        Assert.Equal("Expected the parent version 7 to be published, but found no such version (model 'm').", error.Message);
    }

    [Fact]
    public async Task PublishAsync_Cancelled_LeavesNothingVisible()
    {
        var registry = TestRegistry.Open(_folder.FullName);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => registry.PublishAsync("m", TestRegistry.Package(), cancelled.Token));

        AssertNothingPublished(registry);
    }

    [Fact]
    public async Task PublishAsync_CallerChangesItsDictionaryLater_ManifestStays()
    {
        var tags = new Dictionary<string, string> { ["a"] = "1" };
        var published = await TestRegistry.Open(_folder.FullName).PublishAsync("m", TestRegistry.Package() with { Tags = tags });

        tags["a"] = "2";

        Assert.Equal("1", published.Tags["a"]);
    }

    [Fact]
    public async Task PublishAsync_DeviceRefusesAtAnyFlush_NothingIsVisibleAndTheNextOneSucceeds()
    {
        var disk = new RecordingDiskSync();
        await TestRegistry.Open(_folder.Combine("whole"), disk).PublishAsync("m", TestRegistry.Package());
        var flushCount = disk.Calls.Count;

        for (var failing = 0; failing < flushCount; failing++)
        {
            var root = _folder.Combine(FormattableString.Invariant($"failing-{failing}"));
            var calls = 0;
            var refused = failing;
            var faulty = new RecordingDiskSync { OnSync = (kind, path) => FailAt(calls++ == refused, path) };
            var registry = TestRegistry.Open(root, faulty);

            await Assert.ThrowsAsync<IOException>(() => registry.PublishAsync("m", TestRegistry.Package()));
            Assert.Empty(registry.ListVersions("m"));
            Assert.Null(registry.FindVersion("m", 1));
            Assert.Equal(1, (await registry.PublishAsync("m", TestRegistry.Package())).Version);
        }

        Assert.True(flushCount >= 8, $"Only {flushCount} flushes were seen.");
    }

    [Fact]
    public async Task PublishAsync_EightThreads_GetDistinctConsecutiveVersions()
    {
        const int Threads = 8;
        const int EachPublishes = 5;

        // A registry of its own each, as if each were another process.
        var published = await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(async () =>
        {
            var registry = TestRegistry.Open(_folder.FullName);
            var versions = new List<(int Version, int Thread)>();
            for (var i = 0; i < EachPublishes; i++)
            {
                versions.Add(((await registry.PublishAsync("m", TestRegistry.Package(weight: thread))).Version, thread));
            }

            return versions;
        })));

        var all = published.SelectMany(p => p).OrderBy(p => p.Version).ToArray();
        Assert.Equal(Enumerable.Range(1, Threads * EachPublishes), all.Select(p => p.Version));
        var registry = TestRegistry.Open(_folder.FullName);
        Assert.Equal(all.Select(p => p.Version), registry.ListVersions("m"));
        foreach (var (version, thread) in all)
        {
            Assert.Equal(OnnxBytes.Linear(weight: thread), await registry.ReadOnnxAsync(registry.FindVersion("m", version)!));
        }
    }

    [ReferenceDataFact("golden/onnx")]
    public async Task PublishAsync_FilesOfOtherTools_CanAllBePublished()
    {
        var registry = TestRegistry.Open(_folder.FullName);
        foreach (var (folder, output, features) in GoldenModels.All)
        {
            var onnx = File.ReadAllBytes(ReferenceData.Find($"golden/onnx/{folder}/model.onnx")!);
            var package = new ModelPackage { Onnx = onnx, Output = output, Features = features };

            var manifest = await registry.PublishAsync(folder, package);

            Assert.Equal(1, manifest.Version);
            Assert.Equal(onnx, await registry.ReadOnnxAsync(registry.FindVersion(folder, 1)!));
            for (var part = 0; part < 20; part++)
            {
                var cut = package with { Onnx = onnx.AsMemory(0, onnx.Length * part / 20) };
                var error = await Assert.ThrowsAsync<InvalidModelException>(() => registry.PublishAsync(folder, cut));
                Assert.Contains($"(model '{folder}')", error.Message, StringComparison.Ordinal);
            }
        }

        Assert.Equal(GoldenModels.All.Select(m => m.Folder).Order(StringComparer.Ordinal), registry.ListModels());
    }

    [Fact]
    public async Task ReadOnnxAsync_FileMissing_SaysSo()
    {
        var registry = TestRegistry.Open(_folder.FullName);
        var manifest = await registry.PublishAsync("m", TestRegistry.Package());
        var blob = Assert.Single(BlobFiles());
        File.Delete(blob);

        var error = await Assert.ThrowsAsync<CorruptFileException>(() => registry.ReadOnnxAsync(manifest));

        Assert.Equal($"Expected the ONNX file of model 'm' version 1 at '{blob}', but found no file.", error.Message);
        Assert.Equal(blob, error.Path);
    }

    [Fact]
    public async Task ReadOnnxAsync_OneBitChanged_SaysSo_AndPublishingAgainRepairs()
    {
        var registry = TestRegistry.Open(_folder.FullName);
        var manifest = await registry.PublishAsync("m", TestRegistry.Package());
        var blob = Assert.Single(BlobFiles());
        var bytes = File.ReadAllBytes(blob);
        bytes[^1] ^= 1;
        File.WriteAllBytes(blob, bytes);

        var error = await Assert.ThrowsAsync<CorruptFileException>(() => registry.ReadOnnxAsync(manifest));
        Assert.Contains($"with SHA-256 {manifest.OnnxSha256} at '{blob}', but found {bytes.Length} bytes with SHA-256 ", error.Message, StringComparison.Ordinal);

        await registry.PublishAsync("m", TestRegistry.Package());
        Assert.Equal(OnnxBytes.Linear(), await registry.ReadOnnxAsync(manifest));
    }

    [Fact]
    public async Task ReadTrainingSetManifestAsync_WithOrWithoutOne_IsWhatWasPublished()
    {
        var registry = TestRegistry.Open(_folder.FullName);
        var set = new TrainingSetManifest { Features = [], RowCount = 7, ContentHash = new string('c', 64) };
        var with = await registry.PublishAsync("m", TestRegistry.Package() with { TrainingSetManifest = set.ToJson() });

        Assert.Null(await registry.ReadTrainingSetManifestAsync(await registry.PublishAsync("m", TestRegistry.Package())));
        Assert.Equal(set.ToJson(), (await registry.ReadTrainingSetManifestAsync(with))!.ToJson());
        Assert.Equal((set.ContentHash, ContentHash.Of(set.ToJson())), (with.TrainingSetHash, with.TrainingSetManifestSha256));
    }

    [Fact]
    public async Task ReadReferenceProfileAsync_WithoutOne_IsNull()
    {
        var registry = TestRegistry.Open(_folder.FullName);

        Assert.Null(await registry.ReadReferenceProfileAsync(await registry.PublishAsync("m", TestRegistry.Package())));
    }

    [Fact]
    public async Task ReadOnnxAsync_HashThatIsAPath_IsRefused()
    {
        var registry = TestRegistry.Open(_folder.FullName);
        var manifest = await registry.PublishAsync("m", TestRegistry.Package());

        await Assert.ThrowsAsync<ArgumentException>(() => registry.ReadOnnxAsync(manifest with { OnnxSha256 = "../../../../../etc/passwd" }));
    }

    [Fact]
    public async Task FindVersion_ManifestOfAnotherVersion_IsCorrupt()
    {
        var registry = TestRegistry.Open(_folder.FullName);
        await registry.PublishAsync("m", TestRegistry.Package());
        var versions = _folder.Combine("registry", "models", "m", "versions");
        Directory.Move(Path.Combine(versions, "1"), Path.Combine(versions, "2"));

        var error = Assert.Throws<CorruptFileException>(() => registry.FindVersion("m", 2));

        Assert.EndsWith("but found that of 'm' version 1.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FindVersion_ManifestGone_IsCorrupt()
    {
        var registry = TestRegistry.Open(_folder.FullName);
        await registry.PublishAsync("m", TestRegistry.Package());
        File.Delete(_folder.Combine("registry", "models", "m", "versions", "1", "manifest.json"));

        Assert.Throws<CorruptFileException>(() => registry.FindVersion("m", 1));
    }

    [Fact]
    public async Task FindVersion_ManifestOfANewerFormat_IsRefused()
    {
        var registry = TestRegistry.Open(_folder.FullName);
        await registry.PublishAsync("m", TestRegistry.Package());
        var path = _folder.Combine("registry", "models", "m", "versions", "1", "manifest.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"formatVersion\": 1", "\"formatVersion\": 3", StringComparison.Ordinal));

        Assert.Equal(path, Assert.Throws<UnsupportedFormatVersionException>(() => registry.FindVersion("m", 1)).Path);
    }

    [Fact]
    public void Everything_EmptyDirectory_FindsNothingAndCreatesNothing()
    {
        var registry = TestRegistry.Open(_folder.FullName);

        AssertNothingPublished(registry);
        Assert.Null(registry.FindVersion("m", 1));
        Assert.Null(registry.FindAlias("m", "champion"));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.FullName));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData(".tmp-x")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a b")]
    [InlineData("a.")]
    [InlineData("-a")]
    [InlineData("Champion")]
    [InlineData("ä")]
    [InlineData("a\0")]
    public async Task Everything_WrongName_IsRefusedWithTheRule(string name)
    {
        var registry = TestRegistry.Open(_folder.FullName);

        var error = await Assert.ThrowsAsync<ArgumentException>(() => registry.PublishAsync(name, TestRegistry.Package()));
        Assert.StartsWith(
            $"Expected the name of the model to be 1 to 100 lower-case letters a to z, digits, '-', '_' and '.', with a letter or digit first and no '.' last, but found '{name}'.",
            error.Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => registry.FindVersion(name, 1));
        Assert.Throws<ArgumentException>(() => registry.ListVersions(name));
        Assert.Throws<ArgumentException>(() => registry.FindAlias(name, "champion"));
        Assert.Throws<ArgumentException>(() => registry.FindAlias("m", name));
        await Assert.ThrowsAsync<ArgumentException>(() => registry.SetAliasAsync("m", name, 1, 0));
    }

    [Fact]
    public async Task PublishAsync_LongestName_IsTaken()
    {
        var registry = TestRegistry.Open(_folder.FullName);
        var name = new string('x', 100);

        await registry.PublishAsync(name, TestRegistry.Package());

        Assert.Equal([name], registry.ListModels());
        await Assert.ThrowsAsync<ArgumentException>(() => registry.PublishAsync(name + "x", TestRegistry.Package()));
    }

    private static void FailAt(bool isHere, string path)
    {
        if (isHere)
        {
            throw new IOException($"No space left: {path}");
        }
    }

    private void AssertNothingPublished(FileModelRegistry registry)
    {
        Assert.Empty(registry.ListModels());
        Assert.Empty(registry.ListVersions("m"));
        Assert.Empty(BlobFiles());
    }

    private string[] BlobFiles()
    {
        var blobs = _folder.Combine("registry", "blobs");
        return Directory.Exists(blobs) ? Directory.GetFiles(blobs, "*", SearchOption.AllDirectories) : [];
    }

    private static string Json(ModelManifest manifest) => JsonSerializer.Serialize(manifest, PlainJson);
}
