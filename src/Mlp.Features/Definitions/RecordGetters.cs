using System.Linq.Expressions;
using System.Reflection;
using Mlp.Runtime.Data;

namespace Mlp.Features.Definitions;

/// <summary>Reads one property of a record.</summary>
internal delegate TValue RecordGetter<TRecord, out TValue>(in TRecord record);

/// <summary>Compiles property access once, so that reading a record boxes nothing and reflects on nothing.</summary>
internal static class RecordGetters
{
    private static readonly MethodInfo ArrayMethod = ((Func<float[]?, ReadOnlyMemory<float>?>)FromArray).Method;
    private static readonly MethodInfo MemoryMethod = ((Func<ReadOnlyMemory<float>, ReadOnlyMemory<float>?>)FromMemory).Method;
    private static readonly MethodInfo DateTimeMethod = ((Func<DateTime, DateTimeOffset>)FromDateTime).Method;

    /// <summary>Reads a property as a (possibly nullable) type that its own type converts to.</summary>
    internal static RecordGetter<TRecord, TValue> Compile<TRecord, TValue>(PropertyInfo property)
        => Compile<TRecord, TValue>(property, value => Expression.Convert(value, typeof(TValue)));

    /// <summary>Reads a <c>float[]</c> or <c>ReadOnlyMemory&lt;float&gt;</c>; a null array and an empty memory are no vector, an empty array is one of length 0.</summary>
    internal static RecordGetter<TRecord, ReadOnlyMemory<float>?> CompileVector<TRecord>(PropertyInfo property)
        => Compile<TRecord, ReadOnlyMemory<float>?>(property, value => value.Type == typeof(float[])
            ? Expression.Call(ArrayMethod, value)
            : Expression.Call(MemoryMethod, value));

    internal static RecordGetter<TRecord, EntityValue> CompileKey<TRecord>(PropertyInfo property, EntityValueKind kind) => kind switch
    {
        EntityValueKind.Int64 => Compile<TRecord, EntityValue>(property, value => Call(nameof(EntityValue.FromInt64), typeof(long), value)),
        EntityValueKind.Guid => Compile<TRecord, EntityValue>(property, value => Call(nameof(EntityValue.FromGuid), typeof(Guid), value)),
        _ => Compile<TRecord, EntityValue>(property, value => Call(nameof(EntityValue.FromString), typeof(string), value)),
    };

    internal static RecordGetter<TRecord, DateTimeOffset?> CompileTime<TRecord>(PropertyInfo property)
        => Compile<TRecord, DateTimeOffset?>(property, value => Expression.Convert(
            value.Type == typeof(DateTime) ? Expression.Call(DateTimeMethod, value) : value, typeof(DateTimeOffset?)));

    private static MethodCallExpression Call(string factory, Type argument, Expression value)
        => Expression.Call(typeof(EntityValue).GetMethod(factory, [argument])!, Expression.Convert(value, argument));

    private static RecordGetter<TRecord, TValue> Compile<TRecord, TValue>(PropertyInfo property, Func<Expression, Expression> convert)
    {
        var record = Expression.Parameter(typeof(TRecord).MakeByRefType(), "record");
        Expression value = Expression.Property(record, property);
        var body = Nullable.GetUnderlyingType(property.PropertyType) is null
            ? convert(value)
            : Expression.Condition(
                Expression.Property(value, nameof(Nullable<int>.HasValue)),
                convert(Expression.Property(value, nameof(Nullable<int>.Value))),
                Expression.Default(typeof(TValue)));
        return Expression.Lambda<RecordGetter<TRecord, TValue>>(body, record).Compile();
    }

    // Typed, because null would become an empty memory.
    private static ReadOnlyMemory<float>? FromArray(float[]? vector) => vector is null ? default(ReadOnlyMemory<float>?) : vector.AsMemory();

    // A null array that C# turned into memory is an empty one.
    private static ReadOnlyMemory<float>? FromMemory(ReadOnlyMemory<float> vector) => vector.IsEmpty ? default(ReadOnlyMemory<float>?) : vector;

    /// <summary>A time without a kind is taken as UTC: the platform knows no local time.</summary>
    private static DateTimeOffset FromDateTime(DateTime time)
        => time.Kind == DateTimeKind.Local ? new DateTimeOffset(time) : new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc));
}
