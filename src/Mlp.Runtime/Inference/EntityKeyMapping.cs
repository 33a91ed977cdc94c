using System.Linq.Expressions;
using System.Reflection;
using Mlp.Runtime.Data;

namespace Mlp.Runtime.Inference;

/// <summary>
/// Compiles, once per type, how a caller's record becomes an entity key: each key column takes the property of the same name, whatever its case and underscores.
/// A service with one key also takes the bare value. Thread-safe.
/// </summary>
internal static class EntityKeyMapping
{
    private static readonly Dictionary<Type, EntityValueKind> Kinds = new()
    {
        [typeof(long)] = EntityValueKind.Int64,
        [typeof(int)] = EntityValueKind.Int64,
        [typeof(short)] = EntityValueKind.Int64,
        [typeof(sbyte)] = EntityValueKind.Int64,
        [typeof(byte)] = EntityValueKind.Int64,
        [typeof(ushort)] = EntityValueKind.Int64,
        [typeof(uint)] = EntityValueKind.Int64,
        [typeof(string)] = EntityValueKind.String,
        [typeof(Guid)] = EntityValueKind.Guid,
    };

    /// <summary>Compiles the mapping.</summary>
    /// <typeparam name="TKeys">The caller's type.</typeparam>
    /// <param name="service">The service, for its keys and for messages.</param>
    /// <exception cref="ArgumentException">A key has no property, more than one, or one of a type that does not fit.</exception>
    public static EntityKeyWriter<TKeys> Compile<TKeys>(FeatureServiceDescription service)
    {
        if (typeof(TKeys) == typeof(EntityValue[]))
        {
            return (EntityKeyWriter<TKeys>)(object)new EntityKeyWriter<EntityValue[]>(
                (in keys, destination) => Copy(keys ?? throw new ArgumentNullException(nameof(keys)), destination, service));
        }

        if (typeof(TKeys) == typeof(ReadOnlyMemory<EntityValue>))
        {
            return (EntityKeyWriter<TKeys>)(object)new EntityKeyWriter<ReadOnlyMemory<EntityValue>>((in keys, destination) => Copy(keys.Span, destination, service));
        }

        if (typeof(TKeys) == typeof(Memory<EntityValue>))
        {
            return (EntityKeyWriter<TKeys>)(object)new EntityKeyWriter<Memory<EntityValue>>((in keys, destination) => Copy(keys.Span, destination, service));
        }

        var keys = Expression.Parameter(typeof(TKeys).MakeByRefType(), "keys");
        var destination = Expression.Parameter(typeof(EntityValue[]), "destination");
        var body = new List<Expression>();
        var isBare = service.Keys.Count == 1 && Kinds.ContainsKey(Underlying(typeof(TKeys)));
        if (!typeof(TKeys).IsValueType && !isBare)
        {
            body.Add(Expression.IfThen(
                Expression.ReferenceEqual(keys, Expression.Constant(null, typeof(TKeys))),
                Expression.Throw(Expression.New(typeof(ArgumentNullException).GetConstructor([typeof(string)])!, Expression.Constant("keys")))));
        }

        for (var i = 0; i < service.Keys.Count; i++)
        {
            var part = isBare ? keys : (Expression)Expression.Property(keys, FindProperty(typeof(TKeys), service.Keys[i], service));
            var value = ToEntityValue(part, service.Keys[i], typeof(TKeys), service);
            body.Add(Expression.Assign(Expression.ArrayAccess(destination, Expression.Constant(i)), value));
        }

        body.Add(Expression.Empty());
        return Expression.Lambda<EntityKeyWriter<TKeys>>(Expression.Block(body), keys, destination).Compile();
    }

    /// <summary>Copies a key whose parts the caller has made.</summary>
    /// <param name="keys">The parts.</param>
    /// <param name="destination">One element per key column.</param>
    /// <param name="service">The service, for messages.</param>
    /// <exception cref="ArgumentException">The number or the kinds of the parts are wrong.</exception>
    public static void Copy(ReadOnlySpan<EntityValue> keys, EntityValue[] destination, FeatureServiceDescription service)
    {
        if (keys.Length != destination.Length)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"Expected {destination.Length} entity keys ({Names(service)}), but found {keys.Length} ({Where(service)})."), nameof(keys));
        }

        for (var i = 0; i < keys.Length; i++)
        {
            if (!keys[i].IsNull && keys[i].Kind != service.Keys[i].Kind)
            {
                throw new ArgumentException(
                    $"Expected entity key '{service.Keys[i].Name}' of kind {service.Keys[i].Kind}, but found {keys[i].Kind} ({Where(service)}).", nameof(keys));
            }
        }

        keys.CopyTo(destination);
    }

    private static PropertyInfo FindProperty(Type type, KeyColumn key, FeatureServiceDescription service)
    {
        var found = PropertyNames.Readable(type).Where(p => PropertyNames.Matches(p, key.Name)).ToList();
        return found.Count switch
        {
            1 => found[0],
            0 => throw new ArgumentException(
                $"Expected type '{type.Name}' to have a property for entity key '{key.Name}', but found {PropertyNames.Text(type)} ({Where(service)})."),
            _ => throw new ArgumentException(
                $"Expected one property of type '{type.Name}' for entity key '{key.Name}', but found {string.Join(", ", found.Select(p => $"'{p.Name}'"))} ({Where(service)})."),
        };
    }

    private static Expression ToEntityValue(Expression part, KeyColumn key, Type type, FeatureServiceDescription service)
    {
        var kind = Kinds.GetValueOrDefault(Underlying(part.Type), EntityValueKind.Null);
        if (kind != key.Kind)
        {
            var where = part is MemberExpression member ? $"property '{member.Member.Name}' of type '{type.Name}'" : $"the key '{key.Name}'";
            throw new ArgumentException($"Expected {where} to be {Wanted(key.Kind)}, but found {Underlying(part.Type).Name} ({Where(service)}).");
        }

        var present = Nullable.GetUnderlyingType(part.Type) is null ? part : Expression.Property(part, "Value");
        var value = kind switch
        {
            EntityValueKind.Int64 => Expression.Call(typeof(EntityValue), nameof(EntityValue.FromInt64), null, Expression.Convert(present, typeof(long))),
            EntityValueKind.Guid => Expression.Call(typeof(EntityValue), nameof(EntityValue.FromGuid), null, present),
            _ => Expression.Call(typeof(EntityValue), nameof(EntityValue.FromString), null, present),
        };
        return ReferenceEquals(present, part)
            ? value
            : Expression.Condition(Expression.Property(part, "HasValue"), value, Expression.Default(typeof(EntityValue)));
    }

    private static Type Underlying(Type type) => Nullable.GetUnderlyingType(type) ?? type;

    private static string Wanted(EntityValueKind kind) => kind switch
    {
        EntityValueKind.Int64 => "an integer of at most 64 signed bits",
        EntityValueKind.Guid => "a Guid",
        _ => "a string",
    };

    private static string Names(FeatureServiceDescription service) => string.Join(", ", service.Keys.Select(k => $"'{k.Name}'"));

    private static string Where(FeatureServiceDescription service)
        => FormattableString.Invariant($"feature service '{service.Name}' version {service.Version}");
}
