using System.Globalization;
using System.IO.Hashing;
using System.Numerics;
using System.Text;
using FsCheck.Xunit;
using Mlp.Runtime.Data;
using Mlp.Runtime.Routing;

namespace Mlp.Runtime.Tests.Routing;

public sealed class StickyHashTests
{
    /// <summary>Who was in a bucket yesterday is there tomorrow: these numbers never change.</summary>
    public static TheoryData<string, EntityValue[], int> Vectors => new()
    {
        { "tips", [1L], 9_312 },
        { "tips", [2L], 2_769 },
        { "tips", [-1L], 1_872 },
        { "tips", ["Flash Cab"], 8_832 },
        { "tips", [""], 2_479 },
        { "tips", ["Zürich 名前"], 5_147 },
        { "tips", [default], 2_934 },
        { "tips", ["Flash Cab", 8L], 1_749 },
        { "tips", ["Flash Cab", default], 7_065 },
        { "tips", [new Guid("01980c3e-7b3a-7000-8000-000000000001")], 1_014 },
        { "tips", [], 2_164 },
        { "", ["Flash Cab"], 7_801 },
        { "other", ["Flash Cab"], 6_772 },
        { "tips", [new string('x', 500)], 6_866 },
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void BucketOf_CommittedVectors_NeverChange(string salt, EntityValue[] key, int bucket)
        => Assert.Equal(bucket, new StickyHash(salt).BucketOf(key));

    [Property(MaxTest = 200)]
    public void BucketOf_AnyKey_IsTheWholeHashModuloTheBuckets(long number, Guid guid, string? text, string? salt)
    {
        if (!IsText(text) || !IsText(salt))
        {
            return;
        }

        EntityValue[] key = [number, guid, text];

        Assert.Equal(BySlowPath(salt ?? string.Empty, key), new StickyHash(salt ?? string.Empty).BucketOf(key));
    }

    [Fact]
    public void BucketOf_ManyKeys_FillTheBucketsEvenly()
    {
        const int Keys = 200_000;
        var hash = new StickyHash("tips");
        var counts = new int[10];
        for (var i = 0; i < Keys; i++)
        {
            counts[hash.BucketOf([i.ToString(CultureInfo.InvariantCulture)]) / 1_000]++;
        }

        // Five standard deviations of a binomial distribution.
        var deviation = Math.Sqrt(Keys * 0.1 * 0.9);
        Assert.All(counts, c => Assert.InRange(c, (Keys / 10) - (5 * deviation), (Keys / 10) + (5 * deviation)));
    }

    [Fact]
    public void FindBucket_KeyThatHasNoEncoding_IsNone()
        => Assert.Equal(-1, new StickyHash("tips").FindBucket(["\ud800"]));

    [Fact]
    public void BucketOf_ShortAndLongKeys_AllocatesNothing()
    {
        var hash = new StickyHash("tips");
        EntityValue[] brief = ["Flash Cab", 8L];
        EntityValue[] lengthy = [new string('x', 500)];
        var least = long.MaxValue;
        var sum = 0;
        for (var round = 0; round < 40 && least > 0; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1_000; i++)
            {
                sum += hash.BucketOf(brief) + hash.BucketOf(lengthy);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.True(sum > 0);
        Assert.Equal(0, least);
    }

    private static bool IsText(string? text)
    {
        try
        {
            new UTF8Encoding(false, true).GetByteCount(text ?? string.Empty);
            return true;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }

    private static int BySlowPath(string salt, EntityValue[] key)
    {
        byte[] bytes = [.. Encode([salt]), .. Encode(key)];
        return (int)(new BigInteger(XxHash128.Hash(bytes), isUnsigned: true, isBigEndian: true) % ModelRoute.WholeBasisPoints);
    }

    private static byte[] Encode(EntityValue[] key)
    {
        var bytes = new byte[EntityKeyEncoding.GetMaximumLength(key)];
        return bytes[..EntityKeyEncoding.Encode(key, bytes)];
    }
}
