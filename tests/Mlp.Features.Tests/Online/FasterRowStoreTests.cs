using System.Collections.Frozen;
using Mlp.Features.Online;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Online;

public sealed class FasterRowStoreTests : IDisposable
{
    private const long Start = OnlineTestViews.Start;

    private readonly TempDirectory _directory = new();
    private readonly OnlineView _view = OnlineTestViews.Floats(32);
    private readonly FeatureRowLayout _layout;
    private readonly ViewReadPlan _plan;

    public FasterRowStoreTests()
    {
        _layout = OnlineTestViews.LayoutOf(_view);
        _plan = OnlineTestViews.PlanOf(_view, _layout);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Write_AnyOrderAndTwice_KeepsTheNewestVersion()
    {
        using var store = Open();
        RowVersion[] versions = [new(Start, Start, 1), new(Start + 9, Start, 2), new(Start + 9, Start + 1, 1), new(Start + 9, Start + 1, 3), new(Start + 8, Start + 99, 99)];
        foreach (var order in new[] { new[] { 0, 1, 2, 3, 4 }, [4, 3, 2, 1, 0], [3, 3, 0, 4, 1, 2] })
        {
            var key = order[0] + (10 * order.Length);
            foreach (var i in order)
            {
                await WriteAsync(store, key, versions[i], i);
            }

            Assert.Equal(3f, await ReadAsync(store, key));
        }
    }

    [Fact]
    public void Constructor_DirectoryThatDoesNotExist_IsASentence()
    {
        var path = _directory.Combine("absent");

        var error = Assert.Throws<DirectoryNotFoundException>(() => new FasterRowStore(path, OnlineTestViews.SmallOptions(), DiskSync.Instance, TimeProvider.System));

        Assert.Equal($"Expected the directory '{path}' for the log of the online store, but it does not exist.", error.Message);
        Assert.False(Directory.Exists(path));
    }

    [Fact]
    public async Task Read_UnknownKey_LeavesMissing()
    {
        using var store = Open();

        Assert.Null(await ReadAsync(store, 1));
    }

    [Fact]
    public async Task Write_OtherLengthOfText_ReplacesTheRow()
    {
        using var store = Open();
        var view = OnlineTestViews.Create([new("t", FeatureType.String)], id: 7);
        var layout = OnlineTestViews.LayoutOf(view);
        var builder = new OnlineRowBuilder(view);
        using var writer = store.RentWriter();
        foreach (var (sequence, text) in new[] { (1, "abc"), (2, new string('x', 500)), (3, "y"), (4, "zz") })
        {
            builder.Begin(new RowVersion(Start, Start, sequence));
            builder.SetString(0, text);
            writer.Write(OnlineTestViews.KeyOf(view, 5), builder.End());
            await writer.CompleteAsync();

            var rows = new FeatureRows(layout, 1);
            using var reader = store.RentReader();
            Assert.True(reader.Read(OnlineTestViews.KeyOf(view, 5), new RowDestination(OnlineTestViews.PlanOf(view, layout), rows, 0, Start)));
            Assert.Equal(text, System.Text.Encoding.UTF8.GetString(rows.StringOf(0, 0)));
        }
    }

    [Fact]
    public async Task Read_MoreRowsThanMemory_CompletesFromDisk()
    {
        using var store = Open();
        const int Count = 20_000;
        await FillAsync(store, Count, 0);
        Assert.True(store.LogLength > 3 << 20);

        var rows = new FeatureRows(_layout, 256);
        rows.Reset(256);
        var pending = 0;
        using (var reader = store.RentReader())
        {
            for (var i = 0; i < 256; i++)
            {
                pending += reader.Read(OnlineTestViews.KeyOf(_view, i * 70), new RowDestination(_plan, rows, i, Start)) ? 0 : 1;
            }

            await reader.CompleteAsync();
        }

        Assert.InRange(pending, 100, 256);
        for (var i = 0; i < 256; i++)
        {
            Assert.Equal(i * 70, rows.Float32Of(i)[31]);
        }
    }

    [Fact]
    public async Task Write_RowsOnDisk_AreReplacedOnlyByNewerOnes()
    {
        using var store = Open();
        await FillAsync(store, 20_000, 0);

        await WriteAsync(store, 3, new RowVersion(Start, Start, -1), 111);
        await WriteAsync(store, 4, new RowVersion(Start, Start, 1), 222);

        Assert.Equal(3f, await ReadAsync(store, 3));
        Assert.Equal(222f, await ReadAsync(store, 4));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(20_000)]
    public async Task Recover_Checkpoint_HasItsRowsAndNoOther(int count)
    {
        RowStoreCheckpoint checkpoint;
        var folder = Directory.CreateDirectory(_directory.Combine("cp")).FullName;
        using (var store = Open())
        {
            await FillAsync(store, count, 0);
            checkpoint = await store.CheckpointAsync(folder, default);
            await WriteAsync(store, 1, new RowVersion(Start, Start, 5), 999);
            await WriteAsync(store, count + 1, new RowVersion(Start, Start, 5), 999);
        }

        var options = OnlineTestViews.SmallOptions();
        options.IndexSize *= 4;
        options.MemorySize *= 2;
        using var again = Open(options);
        again.Recover(folder, checkpoint);

        Assert.Null(await ReadAsync(again, count + 1));
        for (var i = 0; i < count; i += 7)
        {
            Assert.Equal((float)i, await ReadAsync(again, i));
        }

        await WriteAsync(again, 1, new RowVersion(Start, Start, 6), 1234);
        Assert.Equal(1234f, await ReadAsync(again, 1));
    }

    [Fact]
    public async Task Recover_EmptyCheckpoint_IsEmpty()
    {
        RowStoreCheckpoint checkpoint;
        var folder = Directory.CreateDirectory(_directory.Combine("cp")).FullName;
        using (var store = Open())
        {
            checkpoint = await store.CheckpointAsync(folder, default);
        }

        using var again = Open();
        again.Recover(folder, checkpoint);
        Assert.Null(await ReadAsync(again, 1));
        await WriteAsync(again, 1, new RowVersion(Start, Start, 6), 1234);
        Assert.Equal(1234f, await ReadAsync(again, 1));
    }

    [Fact]
    public async Task CompactAsync_ReplacedRows_ShrinksTheLogAndBothCheckpointsStayReadable()
    {
        var first = Directory.CreateDirectory(_directory.Combine("cp1")).FullName;
        var second = Directory.CreateDirectory(_directory.Combine("cp2")).FullName;
        RowStoreCheckpoint before;
        RowStoreCheckpoint after;
        using (var store = Open())
        {
            for (var round = 0; round < 8; round++)
            {
                await FillAsync(store, 2000, round);
                before = await store.CheckpointAsync(Directory.CreateDirectory(_directory.Combine("r" + round)).FullName, default);
            }

            before = await store.CheckpointAsync(first, default);
            var length = store.LogLength;
            await store.CompactAsync(FrozenSet<uint>.Empty);
            Assert.InRange(store.LogLength, 1, length / 2);
            after = await store.CheckpointAsync(second, default);
            Assert.Equal(7 + 1500f, await ReadAsync(store, 1500));
        }

        foreach (var (folder, checkpoint) in new[] { (first, before), (second, after) })
        {
            using var again = Open();
            again.Recover(folder, checkpoint);
            for (var i = 0; i < 2000; i++)
            {
                Assert.Equal(i + 7f, await ReadAsync(again, i));
            }
        }

        var files = Directory.GetFiles(_directory.Combine("log")).Length;
        using var last = Open();
        last.Recover(second, after);
        last.DeleteLogBelow(after.BeginAddress);
        Assert.True(Directory.GetFiles(_directory.Combine("log")).Length < files);
        Assert.Equal(7f, await ReadAsync(last, 0));
    }

    [Theory]
    [InlineData(1u, 0)]
    [InlineData(2u, 2000)]
    public async Task CompactAsync_RetiredView_LeavesItsRowsBehind(uint retired, int kept)
    {
        using var store = Open();
        await FillAsync(store, 2000, 0);
        await store.CheckpointAsync(Directory.CreateDirectory(_directory.Combine("cp")).FullName, default);
        await store.CompactAsync(FrozenSet.ToFrozenSet([retired]));

        var keys = new HashSet<string>();
        store.Scan((key, _) => keys.Add(Convert.ToHexString(key)));
        Assert.Equal(kept, keys.Count);
        Assert.Equal(kept == 0 ? null : 5f, await ReadAsync(store, 5));
    }

    [Fact]
    public async Task Scan_AllRows_VisitsTheNewestOfEachKeyLast()
    {
        using var store = Open();
        await FillAsync(store, 500, 0);
        await FillAsync(store, 500, 1);
        var seen = new Dictionary<string, long>();

        store.Scan((key, row) => seen[Convert.ToHexString(key)] = OnlineRowCodec.ReadVersion(row).Sequence);

        Assert.Equal(500, seen.Count);
        Assert.All(seen.Values, sequence => Assert.Equal(1, sequence));
    }

    [Fact]
    public async Task Read_Warm_AllocatesNothing()
    {
        using var store = Open();
        await FillAsync(store, 1000, 0);
        var rows = new FeatureRows(_layout, 256);
        var keys = Enumerable.Range(0, 256).Select(i => OnlineTestViews.KeyOf(_view, i)).ToArray();
        ReadAll();
        ReadAll();

        var allocated = Allocations.OfBestRun(() =>
        {
            for (var i = 0; i < 20; i++)
            {
                ReadAll();
            }
        });

        Assert.Equal(0, allocated);

        void ReadAll()
        {
            rows.Reset(256);
            using var reader = store.RentReader();
            for (var i = 0; i < keys.Length; i++)
            {
                reader.Read(keys[i], new RowDestination(_plan, rows, i, Start));
            }
        }
    }

    [Fact]
    public async Task Read_WhileWritten_NeverSeesAMixedRow()
    {
        using var store = Open();
        await FillAsync(store, 4, 0);
        using var stop = new CancellationTokenSource();
        var reads = new long[2];
        var writers = Enumerable.Range(0, 2).Select(w => Task.Run(async () =>
        {
            using var writer = store.RentWriter();

            // Until both readers have read beside it; the greatest number is a safety net.
            var written = 0;
            while (written < 40_000 || (written < 10_000_000 && (Volatile.Read(ref reads[0]) < 100 || Volatile.Read(ref reads[1]) < 100)))
            {
                written++;
                writer.Write(OnlineTestViews.KeyOf(_view, written & 3), OnlineTestViews.FloatRow(_view, new RowVersion(Start, Start, written), written));
            }

            await writer.CompleteAsync();
            return written & ~3;
        })).ToArray();
        var readers = Enumerable.Range(0, 2).Select(r => Task.Run(async () =>
        {
            var rows = new FeatureRows(_layout, 1);
            var seen = new float[4];
            do
            {
                for (var key = 0; key < 4; key++)
                {
                    rows.Reset(1);
                    using var reader = store.RentReader();
                    if (!reader.Read(OnlineTestViews.KeyOf(_view, key), new RowDestination(_plan, rows, 0, Start)))
                    {
                        await reader.CompleteAsync();
                    }

                    Assert.Equal(-1, rows.Float32Of(0).IndexOfAnyExcept(rows.Float32Of(0)[0]));
                    Assert.True(rows.Float32Of(0)[0] >= seen[key]);
                    seen[key] = rows.Float32Of(0)[0];
                    Interlocked.Increment(ref reads[r]);
                }
            }
            while (!stop.IsCancellationRequested);
        })).ToArray();
        var checkpoints = Task.Run(async () =>
        {
            for (var i = 0; i < 5 && !stop.IsCancellationRequested; i++)
            {
                await store.CheckpointAsync(Directory.CreateDirectory(_directory.Combine("c" + i)).FullName, default);
            }
        });

        var last = await Task.WhenAll(writers);
        await checkpoints;
        await stop.CancelAsync();
        await Task.WhenAll(readers);
        Assert.All(reads, count => Assert.True(count > 0));
        Assert.Equal(last.Max(), await ReadAsync(store, 0));
    }

    [Fact]
    public async Task Recover_RecordThatAWriterGaveUp_IsPassedOver()
    {
        RowStoreCheckpoint checkpoint;
        var folder = Directory.CreateDirectory(_directory.Combine("cp")).FullName;
        using (var store = Open())
        {
            await WriteAsync(store, 1, new RowVersion(Start, Start, 1), 1);
            await store.CheckpointAsync(Directory.CreateDirectory(_directory.Combine("first")).FullName, default);
            await WriteAsync(store, 1, new RowVersion(Start, Start, 2), 2);
            await WriteAsync(store, 2, new RowVersion(Start, Start, 3), 3);
            checkpoint = await store.CheckpointAsync(folder, default);
        }

        // What FASTER makes of a record when another writer was faster: it is not valid, and its own length stands where that of its key did. The first row is such a one now; nobody needs it.
        using (var file = File.OpenHandle(Directory.EnumerateFiles(_directory.FullName, "rows.0", SearchOption.AllDirectories).Single(), FileMode.Open, FileAccess.ReadWrite))
        {
            const int First = 64;
            var record = new byte[256];
            RandomAccess.Read(file, record, First);
            var keyLength = BitConverter.ToInt32(record, 8);
            var value = 8 + ((4 + keyLength + 7) & ~7);
            var length = value + ((4 + BitConverter.ToInt32(record, value) + 7) & ~7);
            record[7] = 0;
            BitConverter.TryWriteBytes(record.AsSpan(8), length);
            RandomAccess.Write(file, record.AsSpan(0, 12), First);
        }

        using var again = Open();
        again.Recover(folder, checkpoint);
        var scanned = 0;
        again.Scan((_, _) => scanned++);

        Assert.Equal((2f, 3f, 2), (await ReadAsync(again, 1), await ReadAsync(again, 2), scanned));
        await again.CompactAsync(FrozenSet<uint>.Empty);
        Assert.Equal((2f, 3f), (await ReadAsync(again, 1), await ReadAsync(again, 2)));
    }

    [Fact]
    public async Task Recover_LogThatWasErasedWithinASector_ReadsNothingOfWhatWasErased()
    {
        for (var count = 1; count <= 16; count++)
        {
            RowStoreCheckpoint checkpoint;
            var folders = Enumerable.Range(0, 2).Select(i => Directory.CreateDirectory(_directory.Combine($"{count}-{i}")).FullName).ToList();
            using (var store = Open(folder: $"rows-{count}"))
            {
                for (var id = 0; id < count; id++)
                {
                    await WriteAsync(store, id, new RowVersion(Start, Start, id), id);
                }

                await store.CheckpointAsync(folders[0], default);
                await store.CompactAsync(FrozenSet<uint>.Empty);
                store.EraseLogBelow((await store.CheckpointAsync(folders[0], default)).BeginAddress);
                await WriteAsync(store, 0, new RowVersion(Start, Start, 100), 100);
                checkpoint = await store.CheckpointAsync(folders[1], default);
            }

            var file = Directory.EnumerateFiles(_directory.FullName, "rows.0", SearchOption.AllDirectories).Single(path => path.Contains($"rows-{count}{Path.DirectorySeparatorChar}", StringComparison.Ordinal));
            Assert.Equal(-1, File.ReadAllBytes(file).AsSpan(0, (int)checkpoint.BeginAddress).IndexOfAnyExcept((byte)0));
            using var again = Open(folder: $"rows-{count}");
            again.Recover(folders[1], checkpoint);
            var scanned = 0;
            again.Scan((_, _) => scanned++);

            // The row that was replaced is scanned too.
            Assert.Equal((100f, count + 1), (await ReadAsync(again, 0), scanned));
        }
    }

    [Fact]
    public async Task Recover_ManyWritersOfFewKeys_FindsEveryRowAndScansThemAll()
    {
        const int Keys = 8;
        var view = OnlineTestViews.Create([new("t", FeatureType.String), .. Enumerable.Range(0, 4).Select(i => new OnlineField("f" + i, FeatureType.Float32))], id: 7);
        var folders = Enumerable.Range(0, TestRounds.Count).Select(i => Directory.CreateDirectory(_directory.Combine("cp" + i)).FullName).ToList();
        RowStoreCheckpoint? checkpoint = null;
        using (var store = Open())
        {
            for (var round = 0; round < folders.Count; round++)
            {
                await Task.WhenAll(Enumerable.Range(0, 4).Select(w => Task.Run(async () => await WriteManyAsync(store, (round * 4) + w))));
                checkpoint = await store.CheckpointAsync(folders[round], default);
            }
        }

        using var again = Open();
        again.Recover(folders[^1], checkpoint!);
        var keys = new HashSet<string>();
        again.Scan((key, row) =>
        {
            Assert.True(OnlineRowCodec.IsWhole(row, view));
            keys.Add(Convert.ToHexString(key));
        });
        Assert.Equal(Keys, keys.Count);

        async Task WriteManyAsync(FasterRowStore store, int number)
        {
            var (random, builder) = (new Random(number), new OnlineRowBuilder(view));
            using var writer = store.RentWriter();
            for (var i = 0; i < 2000; i++)
            {
                // Another length each time, so that most writes make a new record, and rows of the same keys by all at once.
                builder.Begin(new RowVersion(Start, Start, (number * 2000L) + i));
                builder.SetString(0, new string('x', random.Next(100)));
                writer.Write(OnlineTestViews.KeyOf(view, random.Next(Keys)), builder.End());
            }

            await writer.CompleteAsync();
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Recover_PageOfZeros_NamesTheFileAndIsNoEmptyStore(int page)
    {
        RowStoreCheckpoint checkpoint;
        var folder = Directory.CreateDirectory(_directory.Combine("cp")).FullName;
        using (var store = Open())
        {
            await FillAsync(store, 2000, 0);
            checkpoint = await store.CheckpointAsync(folder, default);
        }

        var log = Directory.EnumerateFiles(_directory.FullName, "rows.0", SearchOption.AllDirectories).Single();
        using (var file = File.OpenHandle(log, FileMode.Open, FileAccess.ReadWrite))
        {
            RandomAccess.Write(file, new byte[checkpoint.PageSize], page * checkpoint.PageSize);
        }

        using var again = Open();
        var error = Assert.Throws<CorruptFileException>(() => again.Recover(folder, checkpoint));

        Assert.Equal((log, $"Expected rows from byte {(page == 0 ? 64 : checkpoint.PageSize)} of '{log}' of the online store's log on, but found zeros."), (error.Path, error.Message));
    }

    [Fact]
    public async Task Recover_TruncatedIndex_IsASentence()
    {
        RowStoreCheckpoint checkpoint;
        var folder = Directory.CreateDirectory(_directory.Combine("cp")).FullName;
        using (var store = Open())
        {
            await FillAsync(store, 100, 0);
            checkpoint = await store.CheckpointAsync(folder, default);
        }

        File.WriteAllBytes(Path.Combine(folder, "log-info.bin"), [1, 2, 3]);
        using var again = Open();
        var error = Assert.Throws<CorruptFileException>(() => again.Recover(folder, checkpoint));
        Assert.Contains(folder, error.Message, StringComparison.Ordinal);
    }

    private FasterRowStore Open(OnlineStoreOptions? options = null, string folder = "log")
        => new(Directory.CreateDirectory(_directory.Combine(folder)).FullName, options ?? OnlineTestViews.SmallOptions(), DiskSync.Instance, TimeProvider.System);

    private async Task FillAsync(FasterRowStore store, int count, int round)
    {
        using var writer = store.RentWriter();
        for (var i = 0; i < count; i++)
        {
            writer.Write(OnlineTestViews.KeyOf(_view, i), OnlineTestViews.FloatRow(_view, new RowVersion(Start, Start, round), i + round));
        }

        await writer.CompleteAsync();
    }

    private async Task WriteAsync(FasterRowStore store, long id, RowVersion version, float value)
    {
        using var writer = store.RentWriter();
        writer.Write(OnlineTestViews.KeyOf(_view, id), OnlineTestViews.FloatRow(_view, version, value));
        await writer.CompleteAsync();
    }

    private async Task<float?> ReadAsync(FasterRowStore store, long id, long asOf = Start + 100)
    {
        var rows = new FeatureRows(_layout, 1);
        using var reader = store.RentReader();
        if (!reader.Read(OnlineTestViews.KeyOf(_view, id), new RowDestination(_plan, rows, 0, asOf)))
        {
            await reader.CompleteAsync();
        }

        return rows.StatusOf(0)[0] == FeatureStatus.Present ? rows.Float32Of(0)[0] : null;
    }
}
