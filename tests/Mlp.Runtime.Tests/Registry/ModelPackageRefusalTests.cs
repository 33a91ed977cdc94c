using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Models.Packages;
using Mlp.Runtime.Registry;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Registry;

public sealed class ModelPackageRefusalTests : PackagedModel
{
    [Fact]
    public async Task Import_ModelThatCannotBePublished_NamesThePackage()
    {
        await File.WriteAllBytesAsync(PackagePath, await PackageAsync((package, add, manifest) => AddAll(package, add, manifest with { Output = Output with { ScoreOutput = "other" } })));

        var error = await Assert.ThrowsAsync<InvalidModelException>(() => TestRegistry.Open(Folder.Combine("target")).ImportAsync(PackagePath));

        Assert.Equal(
            $"Expected a model in the package '{PackagePath}' that can be published, but: Expected output 'other' for the score, but found outputs 'score' (model 'fares').", error.Message);
    }

    [Fact]
    public async Task Import_PackedAgain_SaysSo()
    {
        var (registry, manifest) = await PublishAsync(isExternal: false);
        await registry.ExportAsync("fares", manifest.Version, PackagePath);
        var again = Folder.Combine("again.mlpkg");
        foreach (var (level, isReversed) in new[] { (CompressionLevel.Optimal, false), (CompressionLevel.NoCompression, false), (CompressionLevel.NoCompression, true) })
        {
            File.Delete(again);
            await RepackAsync(PackagePath, again, level, isReversed);

            var error = await Assert.ThrowsAsync<CorruptFileException>(() => TestRegistry.Open(Folder.Combine("target")).ImportAsync(again));

            Assert.EndsWith(" It seems to have been packed again by another tool: pass on the file itself, as ExportAsync wrote it.", error.Message, StringComparison.Ordinal);
        }
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

    /// <summary>Bytes of a small package, changed; lengths of it, cut: every third, and with 100 rounds all. What is imported after all would have to be the identical model, and there is no such byte.</summary>
    [Fact]
    public async Task Import_AnyByteChangedOrAnyLengthCut_IsRefusedAndLeavesNothing()
    {
        var (source, manifest) = await PublishAsync(isExternal: true);
        await source.ExportAsync("fares", manifest.Version, PackagePath);
        var bytes = await File.ReadAllBytesAsync(PackagePath);
        // Nothing is to be durable here, and there are thousands of imports.
        var target = TestRegistry.Open(Folder.Combine("target"), new RecordingDiskSync());
        for (var i = 0; i < bytes.Length; i += TestRounds.Count >= 100 ? 1 : 3)
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

        var error = await Assert.ThrowsAsync<UnsupportedFormatVersionException>(() => TestRegistry.Open(Folder.Combine("target")).ImportAsync(PackagePath));

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
        => await Assert.ThrowsAsync<ArgumentException>(() => TestRegistry.Open(Folder.Combine("target")).ImportAsync(PackagePath, "../tips"));

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

    private Task RequireRefusedAsync(byte[] package, string reason) => RequireRefusedAsync(TestRegistry.Open(Folder.Combine("target")), package, reason);

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
}
