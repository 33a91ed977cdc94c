using Apache.Arrow;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.PredictionLog;

public sealed class EntityKeyColumnsTests
{
    private static readonly Guid Account = new("01980c3e-7b3a-7f00-8000-0000000000ff");

    private readonly EntityKeyColumns _columns = new([new("company", EntityValueKind.String), new("area", EntityValueKind.Int64), new("account", EntityValueKind.Guid)]);

    [Fact]
    public void Append_KeysOfEveryKind_ReadBackInTheirTypes()
    {
        Append("Flash Cab é", long.MinValue, Account);
        Append("", -1, Guid.Empty);

        Assert.Equal(["Flash Cab é", ""], Texts(0));
        Assert.Equal([long.MinValue, -1], Integers(1));
        Assert.Equal(["01980c3e-7b3a-7f00-8000-0000000000ff", "00000000-0000-0000-0000-000000000000"], Texts(2));
    }

    [Fact]
    public void Append_NullPartsOtherKindsAndNoKey_AreNull()
    {
        Append(EntityValue.Null, 7, EntityValue.Null);
        Append(7, "Flash Cab", Account);
        Append("Flash Cab", 7);
        _columns.Append([]);

        Assert.Equal([null, null, null, null], Texts(0));
        Assert.Equal([7, null, null, null], Integers(1));
        Assert.Equal([null, Account.ToString(), null, null], Texts(2));
    }

    [Fact]
    public void Append_AfterWarmUp_AllocatesNothing()
    {
        var key = Encode("Flash Cab", 7, Account);
        var allocated = Allocations.OfBestRun(() =>
        {
            for (var i = 0; i < 1_000; i++)
            {
                _columns.Append(key);
            }

            for (var i = 0; i < 3; i++)
            {
                _columns.Columns[i].Clear();
            }
        });

        Assert.Equal(0, allocated);
    }

    private static byte[] Encode(params EntityValue[] key)
    {
        var bytes = new byte[EntityKeyEncoding.GetMaximumLength(key)];
        return bytes[..EntityKeyEncoding.Encode(key, bytes)];
    }

    private void Append(params EntityValue[] key) => _columns.Append(Encode(key));

    private IEnumerable<string?> Texts(int column)
    {
        var array = (StringArray)ArrowArrayFactory.BuildArray(_columns.Columns[column].Build());
        return Enumerable.Range(0, array.Length).Select(i => array.GetString(i));
    }

    private IEnumerable<long?> Integers(int column) => ((Int64Array)ArrowArrayFactory.BuildArray(_columns.Columns[column].Build())).ToList(includeNulls: true);
}
