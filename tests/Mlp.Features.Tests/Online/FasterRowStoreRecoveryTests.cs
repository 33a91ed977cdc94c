using System.Collections.Frozen;
using Mlp.Features.Online;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Online;

/// <summary>Checkpoints, recovery and compaction of the row store.</summary>
public sealed class FasterRowStoreRecoveryTests : FasterRowStoreFixture
{
    [Theory]
    [InlineData(100)]
    [InlineData(20_000)]
    public async Task Recover_Checkpoint_HasItsRowsAndNoOther(int count)
    {
        RowStoreCheckpoint checkpoint;
        var folder = Directory.CreateDirectory(Folder.Combine("cp")).FullName;
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
        var folder = Directory.CreateDirectory(Folder.Combine("cp")).FullName;
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
        var first = Directory.CreateDirectory(Folder.Combine("cp1")).FullName;
        var second = Directory.CreateDirectory(Folder.Combine("cp2")).FullName;
        RowStoreCheckpoint before;
        RowStoreCheckpoint after;
        using (var store = Open())
        {
            for (var round = 0; round < 8; round++)
            {
                await FillAsync(store, 2000, round);
                before = await store.CheckpointAsync(Directory.CreateDirectory(Folder.Combine("r" + round)).FullName, default);
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

        var files = Directory.GetFiles(Folder.Combine("log")).Length;
        using var last = Open();
        last.Recover(second, after);
        last.DeleteLogBelow(after.BeginAddress);
        Assert.True(Directory.GetFiles(Folder.Combine("log")).Length < files);
        Assert.Equal(7f, await ReadAsync(last, 0));
    }

    [Theory]
    [InlineData(1u, 0)]
    [InlineData(2u, 2000)]
    public async Task CompactAsync_RetiredView_LeavesItsRowsBehind(uint retired, int kept)
    {
        using var store = Open();
        await FillAsync(store, 2000, 0);
        await store.CheckpointAsync(Directory.CreateDirectory(Folder.Combine("cp")).FullName, default);
        await store.CompactAsync(FrozenSet.ToFrozenSet([retired]));

        var keys = new HashSet<string>();
        store.Scan((key, _) => keys.Add(Convert.ToHexString(key)));
        Assert.Equal(kept, keys.Count);
        Assert.Equal(kept == 0 ? null : 5f, await ReadAsync(store, 5));
    }

    [Fact]
    public async Task Recover_RecordThatAWriterGaveUp_IsPassedOver()
    {
        RowStoreCheckpoint checkpoint;
        var folder = Directory.CreateDirectory(Folder.Combine("cp")).FullName;
        using (var store = Open())
        {
            await WriteAsync(store, 1, new RowVersion(Start, Start, 1), 1);
            await store.CheckpointAsync(Directory.CreateDirectory(Folder.Combine("first")).FullName, default);
            await WriteAsync(store, 1, new RowVersion(Start, Start, 2), 2);
            await WriteAsync(store, 2, new RowVersion(Start, Start, 3), 3);
            checkpoint = await store.CheckpointAsync(folder, default);
        }

        // What FASTER makes of a record when another writer was faster: it is not valid, and its own length stands where that of its key did. The first row is such a one now; nobody needs it.
        using (var file = File.OpenHandle(Directory.EnumerateFiles(Folder.FullName, "rows.0", SearchOption.AllDirectories).Single(), FileMode.Open, FileAccess.ReadWrite))
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
            var folders = Enumerable.Range(0, 2).Select(i => Directory.CreateDirectory(Folder.Combine($"{count}-{i}")).FullName).ToList();
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

            var file = Directory.EnumerateFiles(Folder.FullName, "rows.0", SearchOption.AllDirectories).Single(path => path.Contains($"rows-{count}{Path.DirectorySeparatorChar}", StringComparison.Ordinal));
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
        var folders = Enumerable.Range(0, TestRounds.Count).Select(i => Directory.CreateDirectory(Folder.Combine("cp" + i)).FullName).ToList();
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
        var folder = Directory.CreateDirectory(Folder.Combine("cp")).FullName;
        using (var store = Open())
        {
            await FillAsync(store, 2000, 0);
            checkpoint = await store.CheckpointAsync(folder, default);
        }

        var log = Directory.EnumerateFiles(Folder.FullName, "rows.0", SearchOption.AllDirectories).Single();
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
        var folder = Directory.CreateDirectory(Folder.Combine("cp")).FullName;
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
}
