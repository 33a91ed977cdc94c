using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;

namespace Mlp.Runtime.Tests.Data;

/// <summary>The hashes stand in manifests: these vectors never change. They were computed by a few lines of Python's hashlib from the description of the scheme.</summary>
public sealed class RecordBatchHashTests
{
    [Fact]
    public void GetHashAndReset_NoColumns_IsTheHashOfTheScheme()
        => Assert.Equal("1ef2df2cc23359db87d7b65e09609722cecad650ff6c98a9d2278ce07dbf7ccf", Hash(new RecordBatch(new Schema([], null), [], 0)));

    [Fact]
    public void GetHashAndReset_MixedColumns_IsThePinnedOneHoweverRowsAreCut()
    {
        var batch = new RecordBatch(
            new Schema(
                [
                    new Field("a", Int64Type.Default, true),
                    new Field("é", StringType.Default, true),
                    new Field("b", BooleanType.Default, true),
                    new Field("f", FloatType.Default, true),
                ],
                null),
            [
                new Int64Array.Builder().Append(1).AppendNull().Append(-2).Build(),
                new StringArray.Builder().Append("x").AppendNull().Append("ü").Build(),
                new BooleanArray.Builder().Append(true).Append(false).AppendNull().Build(),
                new FloatArray.Builder().Append(1.5f).Append(BitConverter.UInt32BitsToSingle(0x7FC0_0001)).Append(-0f).Build(),
            ],
            3);

        const string Expected = "b44beb941a859c78466d6a042027cc4fbddf20ddaa05266484f8f7adda23279c";
        Assert.Equal(Expected, Hash(batch));
        Assert.Equal(Expected, Hash(batch.Slice(0, 1), batch.Slice(1, 2)));
    }

    [Fact]
    public void GetHashAndReset_SameBytesOfAnotherType_AreAnotherTable()
    {
        Assert.Equal("d337b507c323a7cb9f6f522dc20516b904c2a80d1a1da8d2de200e410cad5916", OfSeven(new TimestampType(TimeUnit.Microsecond, "UTC")));
        Assert.Equal("206cb10b9f293eb85eb12b72d929d8f149974ca00dabf48900c641c7a954faba", OfSeven(new TimestampType(TimeUnit.Nanosecond, "UTC")));
        Assert.Equal("0a12124236eb3c7d1284bd7486fbfc0f7b2363f48e0f131147cc172ea3b90b46", OfSeven(new TimestampType(TimeUnit.Microsecond, (string?)null)));
        Assert.Equal("dcb95e9b1bfeb45af266a14da37a71210c51908a4d4b43443d84b80bc1f2e728", OfSeven(DurationType.Microsecond));
        Assert.Equal("5acae10e7dfd0a8cb5ba371d9ac4d89d0759c8c53d8b205beb39e81c066e7a9c", OfSeven(Int64Type.Default));
    }

    [Fact]
    public void GetHashAndReset_DecimalsOfAnotherScale_AreAnotherTable()
    {
        Assert.Equal("c13d65344611f5a288dfb725a17cd66d5bc667771516a0f148f1041513e8a2fb", OfDecimal(new Decimal128Type(10, 2), 123.45m));
        Assert.Equal("56dd86fe4d1143f11b0367dff5d3ad8276aaa6682caede8cfa872045ceb2bc65", OfDecimal(new Decimal128Type(10, 3), 12.345m));
    }

    [Fact]
    public void Create_TypeWithoutCanonicalForm_NamesTheColumn()
    {
        var schema = new Schema([new Field("tags", new ListType(Int64Type.Default), true)], null);

        var error = Assert.Throws<NotSupportedException>(() => new RecordBatchHash(schema));

        Assert.Equal("Column 'tags' has type list, which has no canonical form to hash.", error.Message);
    }

    private static string OfSeven(IArrowType type)
    {
        var data = new ArrayData(type, 1, 0, 0, [ArrowBuffer.Empty, new ArrowBuffer(BitConverter.GetBytes(7L))]);
        return Hash(new RecordBatch(new Schema([new Field("t", type, true)], null), [ArrowArrayFactory.BuildArray(data)], 1));
    }

    private static string OfDecimal(Decimal128Type type, decimal value)
        => Hash(new RecordBatch(new Schema([new Field("d", type, true)], null), [new Decimal128Array.Builder(type).Append(value).Build()], 1));

    private static string Hash(params RecordBatch[] batches)
    {
        using var hash = new RecordBatchHash(batches[0].Schema);
        foreach (var batch in batches)
        {
            hash.Append(batch);
        }

        return hash.GetHashAndReset();
    }
}
