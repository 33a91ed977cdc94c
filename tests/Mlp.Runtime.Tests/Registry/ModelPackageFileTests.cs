using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using FsCheck.Fluent;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Models.Packages;
using Mlp.Runtime.Registry;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Registry;

public sealed class ModelPackageFileTests : PackagedModel
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Import_Exported_IsTheSameModelWithItsOrigin(bool isExternal, bool leaveOutGoldenRows)
    {
        var (source, exported) = await PublishAsync(isExternal);
        var hash = await source.ExportAsync("fares", exported.Version, PackagePath, includeGoldenRows: !leaveOutGoldenRows);
        var target = TestRegistry.Open(Folder.Combine("target"));

        var imported = await target.ImportAsync(PackagePath, "tips");

        Assert.Equal(("tips", 1), (imported.Name, imported.Version));
        Assert.Equal(new ModelOrigin("fares", exported.Version, exported.CreatedAt, hash) { ParentVersion = 1 }, imported.Origin);
        Assert.Equal((exported.OnnxSha256, exported.ReferenceProfileSha256, exported.TrainingSetHash), (imported.OnnxSha256, imported.ReferenceProfileSha256, imported.TrainingSetHash));
        Assert.Equal((TrainingSet.ContentHash, exported.TrainingSetManifestSha256), (imported.TrainingSetHash, imported.TrainingSetManifestSha256));
        Assert.Equal(TrainingSet.Commits, (await target.ReadTrainingSetManifestAsync(imported))!.Commits);
        Assert.Equal(leaveOutGoldenRows ? null : exported.GoldenRowsSha256, imported.GoldenRowsSha256);
        Assert.Equal(exported.ExternalData, imported.ExternalData);
        Assert.Equal(exported.Metrics, imported.Metrics);
        Assert.Equal(exported.Tags, imported.Tags);
        Assert.Null(imported.ParentVersion);
        Assert.Equal(1, (await target.ImportAsync(PackagePath)).Version);
        await target.OpenOnnxAsync(imported, WeightStorage.Mapped);
        Assert.Empty(Leftovers());
    }

    [Fact]
    public async Task PublishAsync_RunId_StandsInTheManifestAndTravelsWithThePackage()
    {
        using var directory = new TempDirectory();
        var registry = TestRegistry.Open(directory.Combine("source"));
        var published = await registry.PublishAsync("m", TestRegistry.Package() with { RunId = "0198" });
        await registry.ExportAsync("m", published.Version, directory.Combine("m.mlpkg"));

        var imported = await TestRegistry.Open(directory.Combine("target")).ImportAsync(directory.Combine("m.mlpkg"));

        Assert.Equal(("0198", "0198"), (published.RunId, imported.RunId));
    }

    [Fact]
    public async Task Export_Twice_GivesTheSameBytesInPlaceOfTheOld()
    {
        var (registry, manifest) = await PublishAsync(isExternal: true);
        var first = await registry.ExportAsync("fares", manifest.Version, PackagePath);
        var bytes = await File.ReadAllBytesAsync(PackagePath);
        await File.WriteAllTextAsync(PackagePath, "old");

        Assert.Equal(first, await registry.ExportAsync("fares", manifest.Version, PackagePath, overwrite: true));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(PackagePath));
        Assert.Equal(ContentHash.Of(bytes), first);
    }

    [Fact]
    public async Task Export_FileThatExists_IsRefusedAndKept()
    {
        var (registry, manifest) = await PublishAsync(isExternal: false);
        await File.WriteAllTextAsync(PackagePath, "somebody's");

        var error = await Assert.ThrowsAsync<IOException>(() => registry.ExportAsync("fares", manifest.Version, PackagePath));

        Assert.Equal($"Expected '{PackagePath}' not to exist, but it does; nothing is overwritten unless 'ExportAsync' is called with overwrite: true.", error.Message);
        Assert.Equal("somebody's", await File.ReadAllTextAsync(PackagePath));
        Assert.Empty(Leftovers());
    }

    [Fact]
    public async Task Export_ManyAtOnceToOneName_GivesItToOne()
    {
        var (registry, manifest) = await PublishAsync(isExternal: false);

        var exports = Enumerable.Range(0, 8).Select(_ => registry.ExportAsync("fares", manifest.Version, PackagePath)).ToList();
        await Task.WhenAny(Task.WhenAll(exports));

        var only = await Assert.Single(exports, e => e.IsCompletedSuccessfully);
        Assert.Equal(ContentHash.Of(await File.ReadAllBytesAsync(PackagePath)), only);
        Assert.All(exports.Where(e => e.IsFaulted), e => Assert.Contains("nothing is overwritten", e.Exception!.InnerException!.Message, StringComparison.Ordinal));
        Assert.Empty(Leftovers());
    }

    [Fact]
    public async Task Export_ManifestWithWhatALaterVersionAdded_IsTheStoredBytesAndSurvivesImports()
    {
        var (source, manifest) = await PublishAsync(isExternal: true);
        var stored = Path.Combine(Folder.Combine("source"), "registry", "models", "fares", "versions", "2", "manifest.json");
        var json = (await File.ReadAllTextAsync(stored))
            .Replace("\"parentVersion\": 1", "\"laterAddition\": {\"a\":   [1, 2.50]},\n  \"parentVersion\": 1", StringComparison.Ordinal)
            .Replace("\"labelUnit\"", "\"laterUnit\": \"cents\", \"labelUnit\"", StringComparison.Ordinal);
        await File.WriteAllTextAsync(stored, json);

        await source.ExportAsync("fares", manifest.Version, PackagePath);
        var target = TestRegistry.Open(Folder.Combine("target"));
        var imported = await target.ImportAsync(PackagePath, "tips");
        await target.ExportAsync("tips", imported.Version, Folder.Combine("again.mlpkg"));

        Assert.Equal(json, await ReadEntryAsync(PackagePath, "manifest.json"));
        var again = JsonNode.Parse(await ReadEntryAsync(Folder.Combine("again.mlpkg"), "manifest.json"))!;
        Assert.Equal("{\"a\":[1,2.50]}", again["laterAddition"]!.ToJsonString());
        Assert.Equal("cents", (string)again["output"]!["laterUnit"]!);
        Assert.Equal("tips", (string)again["name"]!);
    }

    [Fact]
    public async Task Export_WithoutGoldenRows_SaysSoInItsTypeAndKeepsTheManifest()
    {
        var (registry, manifest) = await PublishAsync(isExternal: false);
        await registry.ExportAsync("fares", manifest.Version, PackagePath, includeGoldenRows: false);

        Assert.Equal("application/vnd.mlp.model-package+zip; version=1; golden-rows=left-out", await ReadEntryAsync(PackagePath, "mimetype"));
        Assert.Equal(Encoding.UTF8.GetString(ModelManifestJson.Serialize(manifest)), await ReadEntryAsync(PackagePath, "manifest.json"));
        using var zip = await ZipFile.OpenReadAsync(PackagePath);
        Assert.Null(zip.GetEntry("golden-rows.arrow"));
    }

    [Fact]
    public async Task Export_IsAZipThatOthersRead()
    {
        var (registry, manifest) = await PublishAsync(isExternal: true);
        await registry.ExportAsync("fares", manifest.Version, PackagePath);

        using var zip = await ZipFile.OpenReadAsync(PackagePath);

        Assert.Equal(
            ["mimetype", "manifest.json", "model.onnx", "external/sub/w.bin", "training-set.json", "reference-profile.json", "golden-rows.arrow", "MODEL_CARD.md"],
            zip.Entries.Select(e => e.FullName));
        using var card = new StreamReader(await zip.GetEntry("MODEL_CARD.md")!.OpenAsync());
        Assert.Equal(ModelCard.Render(manifest, TrainingSet), await card.ReadToEndAsync());
        Assert.Equal("application/vnd.mlp.model-package+zip; version=1", Encoding.ASCII.GetString((await File.ReadAllBytesAsync(PackagePath)).AsSpan(38, 48)));
    }

    [Fact]
    public async Task ExportAndImport_PathThatCannotBe_SaysWhatIsThere()
    {
        var (registry, manifest) = await PublishAsync(isExternal: false);
        var missing = Folder.Combine("none");

        var noFolder = await Assert.ThrowsAsync<DirectoryNotFoundException>(() => registry.ExportAsync("fares", manifest.Version, Path.Combine(missing, "a.mlpkg")));
        var folder = await Assert.ThrowsAsync<IOException>(() => registry.ExportAsync("fares", manifest.Version, Folder.FullName));
        var noFile = await Assert.ThrowsAsync<FileNotFoundException>(() => registry.ImportAsync(missing));
        var noPackage = await Assert.ThrowsAsync<FileNotFoundException>(() => registry.ImportAsync(Folder.FullName));
        var noModel = Assert.Throws<FileNotFoundException>(() => ModelPackage.FromFile(missing, Output));

        Assert.Equal($"Expected a folder '{missing}' to write the model package '{Path.Combine(missing, "a.mlpkg")}' to, but found none.", noFolder.Message);
        Assert.Equal($"Expected the name of a file to write the model package to, but '{Folder.FullName}' is a folder.", folder.Message);
        Assert.Equal($"Expected a model package at '{missing}', but found none.", noFile.Message);
        Assert.Equal($"Expected a model package at '{Folder.FullName}', but found a folder.", noPackage.Message);
        Assert.Equal($"Expected an ONNX file at '{missing}', but found none.", noModel.Message);
    }

    [Fact]
    public async Task Import_CommittedPackageOfFormatOne_ReadsEveryPart()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "Registry", "Fixtures", "model-v1.mlpkg");
        var target = TestRegistry.Open(Folder.Combine("target"));

        var manifest = await target.ImportAsync(path);

        Assert.Equal(("fares", 2, 1), (manifest.Origin!.Name, manifest.Origin.Version, manifest.Origin.ParentVersion));
        Assert.Equal("sub/w.bin", Assert.Single(manifest.ExternalData).Path);
        Assert.Equal(1, (await target.ReadGoldenRowsAsync(manifest))!.Count);
        Assert.NotNull(manifest.ReferenceProfileSha256);
        Assert.Equal(100, (await target.ReadTrainingSetManifestAsync(manifest))!.RowCount);
    }

    /// <summary>Writes the fixture anew where <c>MLP_WRITE_FIXTURES</c> names a folder; done once per format version, by hand.</summary>
    [Fact]
    public async Task Fixture_WrittenToday_IsThatOfFormatOne()
    {
        var (registry, manifest) = await PublishAsync(isExternal: true);
        await registry.ExportAsync("fares", manifest.Version, PackagePath);
        if (Environment.GetEnvironmentVariable("MLP_WRITE_FIXTURES") is { Length: > 0 } folder)
        {
            File.Copy(PackagePath, Path.Combine(folder, "model-v1.mlpkg"), overwrite: true);
        }

        using var fixture = await ZipFile.OpenReadAsync(Path.Combine(AppContext.BaseDirectory, "Registry", "Fixtures", "model-v1.mlpkg"));
        using var written = await ZipFile.OpenReadAsync(PackagePath);
        Assert.Equal(fixture.Entries.Select(e => e.FullName), written.Entries.Select(e => e.FullName));
        foreach (var name in new[] { "mimetype", "manifest.json", "training-set.json" })
        {
            Assert.Equal(await ReadEntryAsync(Path.Combine(AppContext.BaseDirectory, "Registry", "Fixtures", "model-v1.mlpkg"), name), await ReadEntryAsync(PackagePath, name));
        }
    }

    [Fact]
    public async Task Export_BlobThatWasDamaged_IsRefusedAndLeavesNothing()
    {
        var (registry, manifest) = await PublishAsync(isExternal: false);
        await File.WriteAllTextAsync(Path.Combine(Folder.Combine("source"), "registry", "blobs", "sha256", manifest.OnnxSha256[..2], manifest.OnnxSha256[2..]), "else");

        await Assert.ThrowsAsync<CorruptFileException>(() => registry.ExportAsync("fares", manifest.Version, PackagePath));
        await Assert.ThrowsAsync<ModelNotFoundException>(() => registry.ExportAsync("fares", 99, PackagePath));

        Assert.Empty(Directory.GetFiles(Folder.FullName));
    }

    [Fact]
    public void Zip_MoreThanFourGibibytes_HasSizesAndOffsetsOfSixtyFourBits()
    {
        var large = new StoredZipEntry("a", 5L << 30, 1, 0);
        var far = new StoredZipEntry("b", 1, 1, (5L << 30) + StoredZip.Header(large).Length);

        var header = StoredZip.Header(large);
        var directory = StoredZip.Directory([large, far], far.Offset + StoredZip.Header(far).Length + 1);

        Assert.Equal(5L << 30, BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(^8)));
        Assert.Equal(far.Offset, BinaryPrimitives.ReadInt64LittleEndian(directory.AsSpan(46 + 1 + 20 + 46 + 1 + 4)));
        Assert.True(directory.AsSpan().IndexOf("PK\u0006\u0006"u8) > 0);
    }

    private static async Task<string> ReadEntryAsync(string path, string name)
    {
        using var zip = await ZipFile.OpenReadAsync(path);
        using var reader = new StreamReader(await zip.GetEntry(name)!.OpenAsync());
        return await reader.ReadToEndAsync();
    }
}
