using System.Collections.Frozen;
using Mlp.Features.Online;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Online;

/// <summary>A row store in a folder of its own.</summary>
public abstract class FasterRowStoreFixture : IDisposable
{
    protected const long Start = OnlineTestViews.Start;

    protected FasterRowStoreFixture()
    {
        Layout = OnlineTestViews.LayoutOf(View);
        Plan = OnlineTestViews.PlanOf(View, Layout);
    }

    private protected TempDirectory Folder { get; } = new();

    private protected OnlineView View { get; } = OnlineTestViews.Floats(32);

    private protected FeatureRowLayout Layout { get; }

    private protected ViewReadPlan Plan { get; }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Folder.Dispose();
    }

    private protected FasterRowStore Open(OnlineStoreOptions? options = null, string folder = "log")
        => new(Directory.CreateDirectory(Folder.Combine(folder)).FullName, options ?? OnlineTestViews.SmallOptions(), DiskSync.Instance, TimeProvider.System);

    private protected async Task FillAsync(FasterRowStore store, int count, int round)
    {
        using var writer = store.RentWriter();
        for (var i = 0; i < count; i++)
        {
            writer.Write(OnlineTestViews.KeyOf(View, i), OnlineTestViews.FloatRow(View, new RowVersion(Start, Start, round), i + round));
        }

        await writer.CompleteAsync();
    }

    private protected async Task WriteAsync(FasterRowStore store, long id, RowVersion version, float value)
    {
        using var writer = store.RentWriter();
        writer.Write(OnlineTestViews.KeyOf(View, id), OnlineTestViews.FloatRow(View, version, value));
        await writer.CompleteAsync();
    }

    private protected async Task<float?> ReadAsync(FasterRowStore store, long id, long asOf = Start + 100)
    {
        var rows = new FeatureRows(Layout, 1);
        using var reader = store.RentReader();
        if (!reader.Read(OnlineTestViews.KeyOf(View, id), new RowDestination(Plan, rows, 0, asOf)))
        {
            await reader.CompleteAsync();
        }

        return rows.StatusOf(0)[0] == FeatureStatus.Present ? rows.Float32Of(0)[0] : null;
    }
}
