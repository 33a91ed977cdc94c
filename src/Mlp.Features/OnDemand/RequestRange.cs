using System.Globalization;
using Mlp.Features.Definitions;
using Mlp.Features.Joins;

namespace Mlp.Features.OnDemand;

/// <summary>The numbers that a property of a request record can hold, where it is narrower than the int64 of its column. Immutable.</summary>
/// <param name="type">Name of the type.</param>
/// <param name="minimum">The least number.</param>
/// <param name="maximum">The greatest number.</param>
internal sealed class RequestRange(string type, long minimum, long maximum)
{
    /// <summary>The range of a property type; null where every int64 fits, or the property is no integer.</summary>
    /// <param name="property">The type.</param>
    public static RequestRange? Of(Type property) => (Nullable.GetUnderlyingType(property) ?? property) switch
    {
        var t when t == typeof(int) => new RequestRange(nameof(Int32), int.MinValue, int.MaxValue),
        var t when t == typeof(uint) => new RequestRange(nameof(UInt32), uint.MinValue, uint.MaxValue),
        var t when t == typeof(short) => new RequestRange(nameof(Int16), short.MinValue, short.MaxValue),
        var t when t == typeof(ushort) => new RequestRange(nameof(UInt16), ushort.MinValue, ushort.MaxValue),
        var t when t == typeof(sbyte) => new RequestRange(nameof(SByte), sbyte.MinValue, sbyte.MaxValue),
        var t when t == typeof(byte) => new RequestRange(nameof(Byte), byte.MinValue, byte.MaxValue),
        _ => null,
    };

    /// <summary>Refuses a number that the property cannot hold.</summary>
    /// <param name="value">The number, or null.</param>
    /// <param name="row">What its row is called (<see cref="RequestColumn.NumberOf"/>).</param>
    /// <param name="property">Record and property.</param>
    /// <param name="column">The column.</param>
    /// <param name="view">The view.</param>
    /// <returns>The number.</returns>
    /// <exception cref="SpineException">It does not fit.</exception>
    public long? Require(long? value, long row, string property, string column, OnDemandFeatureViewDefinition view)
        => value is { } number && (number < minimum || number > maximum)
            ? throw new SpineException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Expected numbers from {minimum} to {maximum} in column '{column}' of the rows for '{property}' ({type}) of the {view}, but found one beyond in row {row}."),
                column,
                row)
            : value;
}
