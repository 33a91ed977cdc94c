using System.Collections.Frozen;
using Mlp.Features.Online;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Online;

public sealed class FasterRowStoreTests : FasterRowStoreFixture
{
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
        var path = Folder.Combine("absent");

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

        var rows = new FeatureRows(Layout, 256);
        rows.Reset(256);
        var pending = 0;
        using (var reader = store.RentReader())
        {
            for (var i = 0; i < 256; i++)
            {
                pending += reader.Read(OnlineTestViews.KeyOf(View, i * 70), new RowDestination(Plan, rows, i, Start)) ? 0 : 1;
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
        var rows = new FeatureRows(Layout, 256);
        var keys = Enumerable.Range(0, 256).Select(i => OnlineTestViews.KeyOf(View, i)).ToArray();
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
                reader.Read(keys[i], new RowDestination(Plan, rows, i, Start));
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
                writer.Write(OnlineTestViews.KeyOf(View, written & 3), OnlineTestViews.FloatRow(View, new RowVersion(Start, Start, written), written));
            }

            await writer.CompleteAsync();
            return written & ~3;
        })).ToArray();
        var readers = Enumerable.Range(0, 2).Select(r => Task.Run(async () =>
        {
            var rows = new FeatureRows(Layout, 1);
            var seen = new float[4];
            do
            {
                for (var key = 0; key < 4; key++)
                {
                    rows.Reset(1);
                    using var reader = store.RentReader();
                    if (!reader.Read(OnlineTestViews.KeyOf(View, key), new RowDestination(Plan, rows, 0, Start)))
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
                await store.CheckpointAsync(Directory.CreateDirectory(Folder.Combine("c" + i)).FullName, default);
            }
        });

        var last = await Task.WhenAll(writers);
        await checkpoints;
        await stop.CancelAsync();
        await Task.WhenAll(readers);
        Assert.All(reads, count => Assert.True(count > 0));
        Assert.Equal(last.Max(), await ReadAsync(store, 0));
    }
}
