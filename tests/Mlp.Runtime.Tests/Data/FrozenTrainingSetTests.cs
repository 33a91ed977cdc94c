using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Data;

public sealed class FrozenTrainingSetTests : IDisposable
{
    private readonly TempDirectory _temp = new();

    [Fact]
    public async Task SaveAsync_EveryTypeCutIntoFiles_ComesBackBitForBit()
    {
        var batches = Enumerable.Range(0, 5).Select(i => EveryType(200, seed: i)).ToList();
        var set = new ArrowTrainingSet(batches, [new FeatureColumn("float", FeatureType.Float32, "v")], "bool", "time_us");

        var saved = await TrainingSet.SaveAsync(set, Folder, rowsPerFile: 300, DiskSync.Instance, default);
        var opened = await TrainingSet.OpenAsync(Folder);

        Assert.Equal(5, Directory.GetFiles(Folder).Length);
        Assert.Equal(saved.Manifest.ToJson(), opened.Manifest.ToJson());
        Assert.Equal(set.Schema.FieldsList.Select(f => (f.Name, f.DataType.Name, f.IsNullable)), opened.Schema.FieldsList.Select(f => (f.Name, f.DataType.Name, f.IsNullable)));
        Assert.Equal((1000, set.Manifest.ContentHash), await HashAsync(opened));

        // Twice at once, and again when the hash of the rows is known.
        Assert.All(await Task.WhenAll(HashAsync(opened), HashAsync(opened)), found => Assert.Equal((1000, set.Manifest.ContentHash), found));
    }

    [Fact]
    public async Task SaveAsync_ManyRowGroups_StreamInOrder()
    {
        var batch = new RecordBatch.Builder().Append("n", true, new Int64Array.Builder().AppendRange(Enumerable.Range(0, 400_000).Select(i => (long)i)).Build()).Build();
        var set = new ArrowTrainingSet([batch], [], labelColumn: null);
        var frozen = await set.SaveAsync(Folder);

        Assert.Equal(2, Directory.GetFiles(Folder).Length);
        Assert.Equal((400_000, set.Manifest.ContentHash), await HashAsync(frozen));
    }

    [Fact]
    public async Task SaveAsync_NoRows_OpensWithItsColumns()
    {
        var set = new ArrowTrainingSet([EveryType(0, seed: 1)], [], labelColumn: null);
        await set.SaveAsync(Folder);
        var opened = await TrainingSet.OpenAsync(Folder);

        Assert.Equal(set.Schema.FieldsList.Count, opened.Schema.FieldsList.Count);
        Assert.Equal((0, set.Manifest.ContentHash), await HashAsync(opened));
    }

    [Fact]
    public async Task SaveAsync_NameTaken_LeavesWhatIsThere()
    {
        Directory.CreateDirectory(Folder);
        var error = await Assert.ThrowsAsync<IOException>(() => Set().SaveAsync(Folder));
        Assert.Equal($"Expected a free name for the training set, but '{Folder}' exists.", error.Message);
        Assert.Empty(Directory.GetFileSystemEntries(Folder));
    }

    [Fact]
    public async Task SaveAsync_RowsOtherThanTheManifestSays_LeavesNothing()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => new Mislabelled(Set()).SaveAsync(Folder));
        Assert.StartsWith("Expected 10 rows with content hash cccccccc, as the manifest of the training set says, but it gave 10 with ", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_temp.FullName));
    }

    [LinuxFact]
    public async Task SaveAsync_PowerCutAtAnySync_LeavesAllOrNothing()
    {
        var root = Directory.CreateDirectory(_temp.Combine("disk")).FullName;
        using var disk = new UnsyncedLossDisk(root);
        var crashing = new CrashingDisk(disk, () => _temp.Combine($"crash-{disk.SyncCount}"));
        var set = Set();
        await TrainingSet.SaveAsync(set, Path.Combine(root, "sets", "frozen"), TrainingSetWriter.RowsPerFile, crashing, default);

        Assert.True(crashing.Crashes.Count >= 5);
        var last = Path.Combine(disk.Crash(_temp.Combine("last")), "sets", "frozen");
        Assert.Equal((10, set.Manifest.ContentHash), await HashAsync(await TrainingSet.OpenAsync(last)));
        foreach (var crash in crashing.Crashes)
        {
            var folder = Path.Combine(crash, "sets", "frozen");
            if (Directory.Exists(folder))
            {
                Assert.Equal((10, set.Manifest.ContentHash), await HashAsync(await TrainingSet.OpenAsync(folder)));
            }
        }
    }

    [Fact]
    public async Task OpenAsync_Damage_IsNamed()
    {
        await Set().SaveAsync(Folder);
        var document = Path.Combine(Folder, "frozen-training-set.json");
        var rows = Path.Combine(Folder, "rows-00001.parquet");
        var json = await File.ReadAllTextAsync(document);
        var bytes = await File.ReadAllBytesAsync(rows);

        await File.WriteAllBytesAsync(rows, bytes[..^1]);
        await Corrupt($"Expected the file '{rows}' of a training set to have {bytes.Length} bytes, but it has {bytes.Length - 1}.");
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(rows, bytes);
        await Corrupt($"Expected the file '{rows}' of a training set to hold what was written, but its hash is another one");
        bytes[bytes.Length / 2] ^= 1;
        File.Delete(rows);
        await Corrupt($"Expected the file '{rows}' of a training set, but it is missing.");
        await File.WriteAllBytesAsync(rows, bytes);

        await File.WriteAllTextAsync(document, json.Replace("\"rowCount\": 10", "\"rowCount\": 11", StringComparison.Ordinal));
        await Corrupt($"Expected '{document}' to hold what was written, but its content has another checksum");
        await File.WriteAllTextAsync(document, WithoutChecksum(json).Replace("\"rowCount\": 10,\n      \"length\"", "\"rowCount\": 11,\n      \"length\"", StringComparison.Ordinal));
        await Corrupt($"Expected files with 10 rows in '{document}', but they have 11.");
        await File.WriteAllTextAsync(document, WithoutChecksum(json).Replace("rows-00001.parquet", "../rows-00001.parquet", StringComparison.Ordinal));
        await Corrupt($"Expected names of files beside '{document}' in it, but found '../rows-00001.parquet'.");
        await File.WriteAllTextAsync(document, WithoutChecksum(json).Replace("\"float32\",\n      \"isNullable\"", "\"float8\",\n      \"isNullable\"", StringComparison.Ordinal));
        await Corrupt("Expected column 'f' in");
        await File.WriteAllTextAsync(document, "{ \"format\": \"mlp-training-set\", \"formatVersion\": 1 }");
        await Corrupt($"Expected a JSON object with \"format\": \"mlp-frozen-training-set\" in '{document}', but found \"mlp-training-set\".");
        await File.WriteAllTextAsync(document, json.Replace("\"formatVersion\": 1", "\"formatVersion\": 3", StringComparison.Ordinal));
        Assert.Equal(3, (await Assert.ThrowsAsync<UnsupportedFormatVersionException>(() => TrainingSet.OpenAsync(Folder))).Found);

        File.Delete(document);
        var error = await Assert.ThrowsAsync<FileNotFoundException>(() => TrainingSet.OpenAsync(Folder));
        Assert.Equal($"Expected a training set in '{Folder}', but found no 'frozen-training-set.json' in it.", error.Message);
    }

    [Fact]
    public async Task ReadAsync_RowsWithAnotherHash_AreRefusedAtTheEnd()
    {
        await Set().SaveAsync(Folder);
        var document = Path.Combine(Folder, "frozen-training-set.json");
        var json = await File.ReadAllTextAsync(document);
        var hash = Set().Manifest.ContentHash;
        await File.WriteAllTextAsync(document, WithoutChecksum(json).Replace(hash, new string('0', 64), StringComparison.Ordinal));

        var opened = await TrainingSet.OpenAsync(Folder);
        var error = await Assert.ThrowsAsync<CorruptFileException>(() => HashAsync(opened));
        Assert.Equal($"Expected the rows of the training set in '{Folder}' to have content hash 00000000, but they have {hash[..8]}.", error.Message);
    }

    [Theory]
    [InlineData("float32[0]")]
    [InlineData("float32[05]")]
    [InlineData("float32[-5]")]
    [InlineData("float32[ 5]")]
    [InlineData("float32[5")]
    [InlineData("float32[]")]
    [InlineData("float64[5]")]
    public void Parse_NameOfNoVector_IsNull(string name) => Assert.Null(ColumnTypeName.Parse(name));

    public void Dispose() => _temp.Dispose();

    private string Folder => _temp.Combine("frozen");

    private static ArrowTrainingSet Set()
    {
        var batch = new RecordBatch.Builder().Append("f", true, new FloatArray.Builder().AppendRange(Enumerable.Range(0, 10).Select(i => i / 3f)).Build()).Build();
        return new ArrowTrainingSet([batch], [new FeatureColumn("f", FeatureType.Float32, "v")], labelColumn: null);
    }

    private static string WithoutChecksum(string json) => json[..json.IndexOf(",\n  \"checksum\"", StringComparison.Ordinal)] + "\n}";

    private static async Task<(int Rows, string Hash)> HashAsync(FrozenTrainingSet set)
    {
        using var hash = new RecordBatchHash(set.Schema);
        var rows = 0;
        await foreach (var batch in set.ReadAsync())
        {
            using (batch)
            {
                hash.Append(batch);
                rows += batch.Length;
            }
        }

        return (rows, hash.GetHashAndReset());
    }

    private async Task Corrupt(string sentence)
        => Assert.StartsWith(sentence, (await Assert.ThrowsAsync<CorruptFileException>(() => TrainingSet.OpenAsync(Folder))).Message, StringComparison.Ordinal);

    /// <summary>Random bits in every column, with nulls: infinities, NaNs with a payload, times beyond any calendar.</summary>
    private static RecordBatch EveryType(int rows, int seed)
    {
        var random = new Random(seed);
        (string Name, IArrowType Type)[] columns =
        [
            ("bool", BooleanType.Default), ("i8", Int8Type.Default), ("i16", Int16Type.Default), ("i32", Int32Type.Default), ("i64", Int64Type.Default), ("u8", UInt8Type.Default),
            ("u16", UInt16Type.Default), ("u32", UInt32Type.Default), ("u64", UInt64Type.Default), ("half", HalfFloatType.Default), ("float", FloatType.Default), ("double", DoubleType.Default),
            ("text", StringType.Default), ("d32", Date32Type.Default), ("d64", Date64Type.Default), ("t32", new Time32Type(TimeUnit.Millisecond)), ("t64", new Time64Type(TimeUnit.Nanosecond)),
            ("time_s", new TimestampType(TimeUnit.Second, (string?)null)), ("time_us", new TimestampType(TimeUnit.Microsecond, "UTC")), ("time_ns", new TimestampType(TimeUnit.Nanosecond, "Europe/Berlin")),
            ("span", DurationType.Nanosecond), ("vector", VectorColumn.TypeOf(5)),
        ];
        return new RecordBatch(
            new Schema(columns.Select(c => new Field(c.Name, c.Type, nullable: c.Name != "i64")), metadata: null),
            columns.Select(c => Column(c.Type, rows, random, hasNulls: c.Name != "i64")),
            rows);
    }

    private static IArrowArray Column(IArrowType type, int rows, Random random, bool hasNulls)
    {
        if (type is StringType)
        {
            return Enumerable.Range(0, rows).Aggregate(new StringArray.Builder(), (b, i) => random.Next(4) == 0 ? b.AppendNull() : b.Append(i % 3 == 0 ? string.Empty : $"µ\0{random.Next()}")).Build();
        }

        var validity = new ArrowBuffer.BitmapBuilder();
        var nulls = 0;
        for (var i = 0; i < rows; i++)
        {
            var isNull = hasNulls && random.Next(4) == 0;
            nulls += isNull ? 1 : 0;
            validity.Append(!isNull);
        }

        if (type is FixedSizeListType vector)
        {
            return new FixedSizeListArray(new ArrayData(type, rows, nulls, 0, [validity.Build()], [Column(FloatType.Default, rows * vector.ListSize, random, hasNulls: false).Data]));
        }

        var bits = type is BooleanType ? 1 : ((FixedWidthType)type).BitWidth;
        var values = new byte[((rows * bits) + 7) / 8];
        random.NextBytes(values);
        return ArrowArrayFactory.BuildArray(new ArrayData(type, rows, nulls, 0, [validity.Build(), new ArrowBuffer(values)]));
    }

    private sealed class Mislabelled(ITrainingSet set) : ITrainingSet
    {
        public TrainingSetManifest Manifest => set.Manifest with { ContentHash = new string('c', 64) };

        public Schema Schema => set.Schema;

        public IAsyncEnumerable<RecordBatch> ReadAsync(CancellationToken cancellationToken = default) => set.ReadAsync(cancellationToken);
    }

    /// <summary>Cuts the power before every sync.</summary>
    private sealed class CrashingDisk(UnsyncedLossDisk disk, Func<string> nextFolder) : IDiskSync
    {
        public List<string> Crashes { get; } = [];

        public void SyncFile(Microsoft.Win32.SafeHandles.SafeFileHandle handle, string path)
        {
            Crash();
            disk.SyncFile(handle, path);
        }

        public void SyncFile(string path)
        {
            Crash();
            disk.SyncFile(path);
        }

        public void SyncDirectory(string path)
        {
            Crash();
            disk.SyncDirectory(path);
        }

        private void Crash() => Crashes.Add(disk.Crash(nextFolder()));
    }
}
