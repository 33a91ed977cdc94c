using System.Linq.Expressions;
using Mlp.Features.Definitions;
using Mlp.Runtime.Data;

namespace Mlp.Features.OnDemand;

/// <summary>Makes the record of stored features, of a row that is served and of a row of a batch; compiled once per view. Immutable and thread-safe.</summary>
/// <typeparam name="TInputs">The record.</typeparam>
internal sealed class InputReader<TInputs>
{
    private readonly Func<FeatureRows, int, FeatureTarget[], TInputs> _served;
    private readonly Func<RequestColumn[], InputColumn[], int, TInputs> _stored;

    private InputReader(Func<FeatureRows, int, FeatureTarget[], TInputs> served, Func<RequestColumn[], InputColumn[], int, TInputs> stored) => (_served, _stored) = (served, stored);

    /// <summary>Compiles the reader; null for a view that computes from the request alone.</summary>
    public static InputReader<TInputs>? Compile(OnDemandFeatureViewDefinition view)
    {
        if (view.Inputs.Count == 0)
        {
            return null;
        }

        var (rows, row, targets) = (Expression.Parameter(typeof(FeatureRows), "rows"), Expression.Parameter(typeof(int), "row"), Expression.Parameter(typeof(FeatureTarget[]), "targets"));
        var served = view.Inputs.Select(input => (input.Property, Convert(input, Expression.Call(
            typeof(InputValue),
            input.IsStatus ? nameof(InputValue.GetStatus) : RequestReader<TInputs>.GetterOf(input.Property, input.Field),
            null,
            rows,
            row,
            Expression.ArrayIndex(targets, Expression.Constant(input.FieldIndex)))))).ToList();
        var (values, columns) = (Expression.Parameter(typeof(RequestColumn[]), "values"), Expression.Parameter(typeof(InputColumn[]), "columns"));
        var stored = view.Inputs.Select(input => (input.Property, Convert(input, input.IsStatus
            ? Expression.Call(Expression.ArrayIndex(columns, Expression.Constant(input.FieldIndex)), nameof(InputColumn.StatusOf), null, row)
            : Expression.Call(Expression.ArrayIndex(values, Expression.Constant(input.FieldIndex)), RequestReader<TInputs>.GetterOf(input.Property, input.Field), null, row)))).ToList();
        return new InputReader<TInputs>(
            Expression.Lambda<Func<FeatureRows, int, FeatureTarget[], TInputs>>(RecordFactory.Make(typeof(TInputs), served), rows, row, targets).Compile(),
            Expression.Lambda<Func<RequestColumn[], InputColumn[], int, TInputs>>(RecordFactory.Make(typeof(TInputs), stored), values, columns, row).Compile());
    }

    /// <summary>Reads a row that is served.</summary>
    public TInputs Read(FeatureRows rows, int row, FeatureTarget[] targets) => _served(rows, row, targets);

    /// <summary>Reads a row of a batch.</summary>
    public TInputs Read(RequestColumn[] values, InputColumn[] columns, int row) => _stored(values, columns, row);

    private static Expression Convert(OnDemandInput input, Expression value) => value.Type == input.Property.PropertyType ? value : Expression.ConvertChecked(value, input.Property.PropertyType);
}
