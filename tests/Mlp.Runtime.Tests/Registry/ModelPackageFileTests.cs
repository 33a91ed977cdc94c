using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Models.Packages;
using Mlp.Runtime.Registry;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Registry;

public sealed class ModelPackageFileTests : IDisposable
{
    private static readonly ModelOutput Output = new() { Task = ModelTask.Regression, ScoreOutput = "score", LabelDefinition = "The fare.", LabelUnit = "USD" };

    private static readonly TrainingSetManifest TrainingSet = new()
    {
        Features = [.. Enumerable.Range(0, 3).Select(i => new FeatureColumn($"f{i}", FeatureType.Float32, "view"))],
        LabelColumns = ["fare"],
        Commits = [new FeatureViewCommit("view", 1, new string('b', 64), 4)],
        RowCount = 100,
        ContentHash = new string('c', 64),
    };

    private readonly TempDirectory _directory = new();

    private string PackagePath => _directory.Combine("model.mlpkg");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Import_Exported_IsTheSameModelWithItsOrigin(bool isExternal, bool leaveOutGoldenRows)
    {
        var (source, exported) = await PublishAsync(isExternal);
        var hash = await source.ExportAsync("fares", exported.Version, PackagePath, includeGoldenRows: !leaveOutGoldenRows);
        var target = TestRegistry.Open(_directory.Combine("target"));

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
    public async Task Import_ModelThatCannotBePublished_NamesThePackage()
    {
        await File.WriteAllBytesAsync(PackagePath, await PackageAsync((package, add, manifest) => AddAll(package, add, manifest with { Output = Output with { ScoreOutput = "other" } })));

        var error = await Assert.ThrowsAsync<InvalidModelException>(() => TestRegistry.Open(_directory.Combine("target")).ImportAsync(PackagePath));

        Assert.Equal(
            $"Expected a model in the package '{PackagePath}' that can be published, but: Expected output 'other' for the score, but found outputs 'score' (model 'fares').", error.Message);
    }

    [Fact]
    public async Task Import_PackedAgain_SaysSo()
    {
        var (registry, manifest) = await PublishAsync(isExternal: false);
        await registry.ExportAsync("fares", manifest.Version, PackagePath);
        var again = _directory.Combine("again.mlpkg");
        foreach (var (level, isReversed) in new[] { (CompressionLevel.Optimal, false), (CompressionLevel.NoCompression, false), (CompressionLevel.NoCompression, true) })
        {
            File.Delete(again);
            await RepackAsync(PackagePath, again, level, isReversed);

            var error = await Assert.ThrowsAsync<CorruptFileException>(() => TestRegistry.Open(_directory.Combine("target")).ImportAsync(again));

            Assert.EndsWith(" It seems to have been packed again by another tool: pass on the file itself, as ExportAsync wrote it.", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Export_ManifestWithWhatALaterVersionAdded_IsTheStoredBytesAndSurvivesImports()
    {
        var (source, manifest) = await PublishAsync(isExternal: true);
        var stored = Path.Combine(_directory.Combine("source"), "registry", "models", "fares", "versions", "2", "manifest.json");
        var json = (await File.ReadAllTextAsync(stored))
            .Replace("\"parentVersion\": 1", "\"laterAddition\": {\"a\":   [1, 2.50]},\n  \"parentVersion\": 1", StringComparison.Ordinal)
            .Replace("\"labelUnit\"", "\"laterUnit\": \"cents\", \"labelUnit\"", StringComparison.Ordinal);
        await File.WriteAllTextAsync(stored, json);

        await source.ExportAsync("fares", manifest.Version, PackagePath);
        var target = TestRegistry.Open(_directory.Combine("target"));
        var imported = await target.ImportAsync(PackagePath, "tips");
        await target.ExportAsync("tips", imported.Version, _directory.Combine("again.mlpkg"));

        Assert.Equal(json, await ReadEntryAsync(PackagePath, "manifest.json"));
        var again = JsonNode.Parse(await ReadEntryAsync(_directory.Combine("again.mlpkg"), "manifest.json"))!;
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

    [Theory]
    [InlineData("version=1; golden-rows=maybe")]
    [InlineData("version=1;")]
    [InlineData("version=1 ")]
    [InlineData("version=")]
    [InlineData("version=0")]
    [InlineData("version=-1")]
    public async Task Import_TypeThatIsNone_IsRefused(string type)
        => await RequireRefusedAsync(await PackageAsync(AddAll, Encoding.ASCII.GetBytes("application/vnd.mlp.model-package+zip; " + type)), "another kind of archive");

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
        var missing = _directory.Combine("none");

        var noFolder = await Assert.ThrowsAsync<DirectoryNotFoundException>(() => registry.ExportAsync("fares", manifest.Version, Path.Combine(missing, "a.mlpkg")));
        var folder = await Assert.ThrowsAsync<IOException>(() => registry.ExportAsync("fares", manifest.Version, _directory.FullName));
        var noFile = await Assert.ThrowsAsync<FileNotFoundException>(() => registry.ImportAsync(missing));
        var noPackage = await Assert.ThrowsAsync<FileNotFoundException>(() => registry.ImportAsync(_directory.FullName));
        var noModel = Assert.Throws<FileNotFoundException>(() => ModelPackage.FromFile(missing, Output));

        Assert.Equal($"Expected a folder '{missing}' to write the model package '{Path.Combine(missing, "a.mlpkg")}' to, but found none.", noFolder.Message);
        Assert.Equal($"Expected the name of a file to write the model package to, but '{_directory.FullName}' is a folder.", folder.Message);
        Assert.Equal($"Expected a model package at '{missing}', but found none.", noFile.Message);
        Assert.Equal($"Expected a model package at '{_directory.FullName}', but found a folder.", noPackage.Message);
        Assert.Equal($"Expected an ONNX file at '{missing}', but found none.", noModel.Message);
    }

    [Fact]
    public async Task Import_CommittedPackageOfFormatOne_ReadsEveryPart()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "Registry", "Fixtures", "model-v1.mlpkg");
        var target = TestRegistry.Open(_directory.Combine("target"));

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
    public async Task Import_TrainingSetOfAnotherHash_IsRefused()
        => await RequireRefusedAsync(
            await PackageAsync((package, add, manifest) =>
            {
                add("manifest.json", ModelManifestJson.Serialize(manifest with { TrainingSetManifestSha256 = new string('a', 64) }));
                add("model.onnx", package.Onnx.ToArray());
                add("training-set.json", TrainingSet.ToJson());
                add("MODEL_CARD.md", []);
            }),
            "'training-set.json' with SHA-256");

    [Fact]
    public async Task Export_BlobThatWasDamaged_IsRefusedAndLeavesNothing()
    {
        var (registry, manifest) = await PublishAsync(isExternal: false);
        await File.WriteAllTextAsync(Path.Combine(_directory.Combine("source"), "registry", "blobs", "sha256", manifest.OnnxSha256[..2], manifest.OnnxSha256[2..]), "else");

        await Assert.ThrowsAsync<CorruptFileException>(() => registry.ExportAsync("fares", manifest.Version, PackagePath));
        await Assert.ThrowsAsync<ModelNotFoundException>(() => registry.ExportAsync("fares", 99, PackagePath));

        Assert.Empty(Directory.GetFiles(_directory.FullName));
    }

    /// <summary>Every byte of a small package, changed; every length of it, cut. What is imported after all would have to be the identical model, and there is no such byte.</summary>
    [Fact]
    public async Task Import_AnyByteChangedOrAnyLengthCut_IsRefusedAndLeavesNothing()
    {
        var (source, manifest) = await PublishAsync(isExternal: true);
        await source.ExportAsync("fares", manifest.Version, PackagePath);
        var bytes = await File.ReadAllBytesAsync(PackagePath);
        // Nothing is to be durable here, and there are thousands of imports.
        var target = TestRegistry.Open(_directory.Combine("target"), new RecordingDiskSync());
        for (var i = 0; i < bytes.Length; i++)
        {
            var changed = (byte[])bytes.Clone();
            changed[i] ^= (byte)(1 << (i % 8));
            await RefuseAsync(changed);
            if (i % 7 == 0)
            {
                await RefuseAsync(bytes[..i]);
            }
        }

        await RequireRefusedAsync(target, [.. bytes, 0]);

        async Task RefuseAsync(byte[] package)
        {
            await File.WriteAllBytesAsync(PackagePath, package);
            await Assert.ThrowsAnyAsync<MlPlatformException>(() => target.ImportAsync(PackagePath));
        }
    }

    [Property(MaxTest = 20)]
    public Property Import_BytesReplacedAtRandom_IsRefusedOrTheSame()
        => Prop.ForAll(
            Gen.Choose(1, 8).SelectMany(n => Gen.Zip(Gen.Choose(0, 1 << 20), Gen.Choose(0, 255)).ListOf(n)).ToArbitrary(),
            edits =>
            {
                using var directory = new TempDirectory();
                var (registry, manifest) = PublishAsync(isExternal: false, directory.Combine("source")).GetAwaiter().GetResult();
                var path = directory.Combine("p.mlpkg");
                registry.ExportAsync("fares", manifest.Version, path).GetAwaiter().GetResult();
                var bytes = File.ReadAllBytes(path);
                foreach (var (position, value) in edits)
                {
                    bytes[position % bytes.Length] = (byte)value;
                }

                File.WriteAllBytes(path, bytes);
                try
                {
                    return registry.ImportAsync(path).GetAwaiter().GetResult().OnnxSha256 == manifest.OnnxSha256;
                }
                catch (MlPlatformException)
                {
                    return registry.ListVersions("fares").Count == manifest.Version;
                }
            });

    public static TheoryData<string, string> HostileNames { get; } = new()
    {
        { "../../outside.bin", "entry '../../outside.bin'" },
        { "/etc/cron.d/job", "entry '/etc/cron.d/job'" },
        { "C:\\Windows\\x.dll", "entry 'C:\\Windows\\x.dll'" },
        { "MODEL.ONNX", "entry 'MODEL.ONNX'" },
        { "manifest.json", "entry 'manifest.json'" },
        { "mode\u0301l.onnx", "entry 'mode\u0301l.onnx'" },
        { "extra.txt", "entry 'extra.txt'" },
    };

    [Theory]
    [MemberData(nameof(HostileNames))]
    public async Task Import_EntryOfAnotherName_IsRefusedByName(string name, string reason)
        => await RequireRefusedAsync(await PackageAsync((_, add, manifest) =>
        {
            add("manifest.json", ModelManifestJson.Serialize(manifest));
            add(name, [1, 2, 3]);
        }), reason);

    [Fact]
    public async Task Import_AnotherEntryBehindTheLast_IsRefused()
        => await RequireRefusedAsync(await PackageAsync((package, add, manifest) =>
        {
            AddAll(package, add, manifest);
            add("extra.txt", []);
        }), "no more entries");

    [Fact]
    public async Task Import_ReferenceToExternalDataOutside_IsRefused()
        => await RequireRefusedAsync(
            await PackageAsync((package, add, manifest) =>
            {
                var onnx = ExternalOnnx.Linear("../../../w.bin", 3, 2);
                AddAll(package with { Onnx = onnx }, add, manifest with { OnnxSha256 = ContentHash.Of(onnx) });
            }),
            "leaves it");

    [Theory]
    [InlineData("../w.bin")]
    [InlineData("/w.bin")]
    [InlineData("a\\\\..\\\\w.bin")]
    public async Task Import_ManifestWithExternalDataOutside_IsRefused(string path)
        => await RequireManifestRefusedAsync(json => json.Replace("\"metrics\": {}", $$"""
            "externalData": [{"path": "{{path}}", "byteCount": 3, "sha256": "{{new string('a', 64)}}"}]
            """, StringComparison.Ordinal), "externalData");

    [Fact]
    public async Task Import_ExternalDataThatTheModelDoesNotUse_IsRefused()
        => await RequireRefusedAsync(
            await PackageAsync((package, add, manifest) =>
            {
                add("manifest.json", ModelManifestJson.Serialize(manifest with { ExternalData = [new("w.bin", 3, ContentHash.Of([1, 2, 3]))] }));
                add("model.onnx", package.Onnx.ToArray());
                add("external/w.bin", [1, 2, 3]);
                add("MODEL_CARD.md", []);
            }),
            "to which the ONNX file refers");

    [Fact]
    public async Task Import_FileOfAnotherHash_IsRefused()
        => await RequireRefusedAsync(await PackageAsync((package, add, manifest) => AddAll(package with { Onnx = OnnxBytes.Linear(weight: 7) }, add, manifest)), "with SHA-256");

    [Theory]
    [InlineData("\"version\": 1", "\"version\": \"one\"", "$.version")]
    [InlineData("\"version\": 1", "\"version\": 0", "version of at least 1")]
    [InlineData("\"version\": 1", "\"version\": 99999999999", "")]
    [InlineData("\"name\": \"fares\"", "\"name\": \"../fares\"", "name of the model")]
    [InlineData("\"name\": \"fares\"", "\"name\": null", "")]
    [InlineData("\"task\": \"regression\"", "\"task\": 77", "Expected one of 'binary-classification', 'multiclass-classification', 'regression', 'ranking', 'tensors', but found a number.")]
    [InlineData("\"task\": \"regression\"", "\"task\": \"guessing\"", "but found 'guessing'.")]
    [InlineData("\"elementType\": \"float32\"", "\"elementType\": \"Float32\"", "Expected one of 'float32', 'float64'")]
    [InlineData("\"tags\": {}", "\"tags\": {\"a\": null}", "no null within 'tags'")]
    [InlineData("\"tags\": {}", "\"tags\": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "")]
    [InlineData("\"metrics\": {}", "\"externalData\": [null]", "externalData")]
    [InlineData("\"formatVersion\": 1", "\"formatVersion\": 3", "newer version")]
    [InlineData("\"inputs\": [", "\"inputs\": [null,", "no null within 'signature'")]
    public async Task Import_ManifestThatIsNone_IsRefused(string good, string bad, string reason)
        => await RequireManifestRefusedAsync(json =>
        {
            Assert.Contains(good, json, StringComparison.Ordinal);
            return json.Replace(good, bad, StringComparison.Ordinal);
        }, reason);

    [Fact]
    public async Task Import_ManifestOfAbsurdSize_IsRefusedBeforeItIsRead()
        => await RequireManifestRefusedAsync(json => json + new string(' ', PackageFormat.MaximumDocumentLength), "at most 16777216 bytes in 'manifest.json'");

    [Theory]
    [InlineData("")]
    [InlineData("; later=addition")]
    public async Task Import_NewerFormat_SaysSo(string parameters)
    {
        var bytes = await PackageAsync((_, _, _) => { }, type: Encoding.ASCII.GetBytes("application/vnd.mlp.model-package+zip; version=2" + parameters));
        await File.WriteAllBytesAsync(PackagePath, bytes);

        var error = await Assert.ThrowsAsync<UnsupportedFormatVersionException>(() => TestRegistry.Open(_directory.Combine("target")).ImportAsync(PackagePath));

        Assert.Equal((2, 1), (error.Found, error.Supported));
    }

    [Theory]
    [InlineData(8, 8, "compression method 8")]
    [InlineData(6, 1, "a header of 'mimetype' as the platform writes it")]
    [InlineData(18, 0xF0, "bytes in 'mimetype' at offset 0")]
    public async Task Import_HeaderThatLies_IsRefused(int offset, byte value, string reason)
    {
        var bytes = await PackageAsync((_, _, _) => { });
        if (offset == 18)
        {
            // Both sizes, so that they agree with each other.
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(18), 0xF000_0000);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(22), 0xF000_0000);
        }
        else
        {
            bytes[offset] = value;
        }

        await RequireRefusedAsync(bytes, reason);
    }

    [Fact]
    public async Task Import_EntryThatTheDirectoryCallsALink_IsRefused()
    {
        var bytes = await PackageAsync(AddAll);

        // External attributes of the first entry of the directory: a symbolic link instead of a file.
        var directory = bytes.AsSpan().IndexOf("PK\u0001\u0002"u8);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(directory + 38), 0xA1FFu << 16);

        await RequireRefusedAsync(bytes, "plain files without links");
    }

    [Fact]
    public async Task Import_ArchiveOfAnotherTool_IsRefusedWithAReason()
    {
        using var stream = new MemoryStream();
        await using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            await using var entry = await zip.CreateEntry("mimetype", CompressionLevel.SmallestSize).OpenAsync();
            await entry.WriteAsync(new byte[100_000_000]);
        }

        await RequireRefusedAsync(stream.ToArray(), "stored without compression");
        await RequireRefusedAsync("no archive, only text of some length"u8.ToArray(), "no zip archive");
        await RequireRefusedAsync([], "cut short");
    }

    [Fact]
    public async Task Import_NameThatIsNone_IsTheCallersMistake()
        => await Assert.ThrowsAsync<ArgumentException>(() => TestRegistry.Open(_directory.Combine("target")).ImportAsync(PackagePath, "../tips"));

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

    private delegate void Add(string name, byte[] content);

    private static void AddAll(ModelPackage package, Add add, ModelManifest manifest)
    {
        add("manifest.json", ModelManifestJson.Serialize(manifest));
        add("model.onnx", package.Onnx.ToArray());
        add("MODEL_CARD.md", []);
    }

    /// <summary>A package whose parts a test writes, with the manifest of a good model.</summary>
    private async Task<byte[]> PackageAsync(Action<ModelPackage, Add, ModelManifest> write, byte[]? type = null)
    {
        using var directory = new TempDirectory();
        var package = new ModelPackage { Onnx = OnnxBytes.Linear(), Output = Output };
        var manifest = await TestRegistry.Open(directory.FullName).PublishAsync("fares", package);
        var path = directory.Combine("package");
        using (var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write))
        {
            var zip = new StoredZipWriter(handle);
            zip.Add("mimetype", type ?? PackageFormat.Type());
            write(package, (name, content) => zip.Add(name, content), manifest);
            zip.Complete();
        }

        return await File.ReadAllBytesAsync(path);
    }

    private async Task RequireManifestRefusedAsync(Func<string, string> change, string reason)
        => await RequireRefusedAsync(
            await PackageAsync((package, add, manifest) =>
            {
                add("manifest.json", Encoding.UTF8.GetBytes(change(Encoding.UTF8.GetString(ModelManifestJson.Serialize(manifest)))));
                add("model.onnx", package.Onnx.ToArray());
                add("MODEL_CARD.md", []);
            }),
            reason);

    private Task RequireRefusedAsync(byte[] package, string reason) => RequireRefusedAsync(TestRegistry.Open(_directory.Combine("target")), package, reason);

    private async Task RequireRefusedAsync(FileModelRegistry target, byte[] package, string reason = "")
    {
        await File.WriteAllBytesAsync(PackagePath, package);
        var error = await Assert.ThrowsAnyAsync<MlPlatformException>(() => target.ImportAsync(PackagePath));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Empty(target.ListModels());
        Assert.Empty(Leftovers());
    }

    private static async Task RepackAsync(string from, string to, CompressionLevel level, bool isReversed)
    {
        using var source = await ZipFile.OpenReadAsync(from);
        await using var target = await ZipFile.OpenAsync(to, ZipArchiveMode.Create);
        foreach (var entry in isReversed ? source.Entries.Reverse() : source.Entries)
        {
            await using var content = await entry.OpenAsync();
            await using var copy = await target.CreateEntry(entry.FullName, level).OpenAsync();
            await content.CopyToAsync(copy);
        }
    }

    private static async Task<string> ReadEntryAsync(string path, string name)
    {
        using var zip = await ZipFile.OpenReadAsync(path);
        using var reader = new StreamReader(await zip.GetEntry(name)!.OpenAsync());
        return await reader.ReadToEndAsync();
    }

    private string[] Leftovers() => Directory.GetFileSystemEntries(_directory.FullName, ".tmp-*", SearchOption.AllDirectories);

    private Task<(FileModelRegistry Registry, ModelManifest Manifest)> PublishAsync(bool isExternal) => PublishAsync(isExternal, _directory.Combine("source"));

    private static async Task<(FileModelRegistry Registry, ModelManifest Manifest)> PublishAsync(bool isExternal, string directory)
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
