using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.Ingestion;
using Mlp.Runtime.Data;

namespace Mlp.Features.OnDemand;

/// <summary>The one method of the user behind both ways to call it.</summary>
internal sealed class OnDemandTransform<TRequest, TInputs, TFeatures>(
    OnDemandFeatureViewDefinition definition, OnDemandOutputs<TFeatures> outputs, Func<TRequest, TInputs, TFeatures> method) : OnDemandTransform
{
    private readonly RequestReader<TRequest> _requests = RequestReader<TRequest>.Compile(definition);
    private readonly InputReader<TInputs>? _inputs = InputReader<TInputs>.Compile(definition);

    public override OnDemandFeatureViewDefinition Definition => definition;

    public override RequestFeatureWriter<T>? FindWriter<T>(FeatureServiceView view, FeatureRowLayout layout)
    {
        if (typeof(T) != typeof(TRequest))
        {
            return null;
        }

        var targets = FeatureTarget.Of(view, layout);
        FeatureTarget[] sources = [.. view.InputColumns.Select(column => new FeatureTarget(column, layout.OffsetOf(column)))];
        RequestFeatureWriter<TRequest> write = (in TRequest request, FeatureRows destination, int row) =>
        {
            var features = Run(request, _inputs is null ? default! : _inputs.Read(destination, row, sources), number: null);
            var writer = new FeatureRowWriter(destination, row, targets);
            outputs.Write(features, ref writer);
        };
        return (RequestFeatureWriter<T>)(object)write;
    }

    public override IReadOnlyList<IArrowArray> Compute(IReadOnlyList<IArrowArray> requests, IReadOnlyList<InputColumn> inputs, int rowCount, long rowsBefore = 0)
    {
        var columns = requests.Select(c => new RequestColumn(c, rowsBefore)).ToArray();
        var values = inputs.Select(c => new RequestColumn(c.Values, rowsBefore)).ToArray();
        InputColumn[] stored = [.. inputs];
        var writer = new ColumnWriter([.. definition.Fields.Select(f => new ColumnBuilder(f.Type, f.Length))]);
        for (var row = 0; row < rowCount; row++)
        {
            var number = rowsBefore + row + 1;
            var features = Run(_requests.Read(columns, row), _inputs is null ? default! : _inputs.Read(values, stored, row), number);
            if (outputs.FindWrong(features) is { } wrong)
            {
                throw new OnDemandTransformException(definition, number, $"its method gave {wrong.Found} for feature '{wrong.Column}', where {wrong.Expected} was expected");
            }

            outputs.Write(features, ref writer);
        }

        return [.. writer.Columns.Select(c => c.Build())];
    }

    private TFeatures Run(TRequest request, TInputs inputs, long? number)
    {
        TFeatures features;
        try
        {
            features = method(request, inputs);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new OnDemandTransformException(definition, number, $"its method threw {e.GetType().Name}", e);
        }

        return features ?? throw new OnDemandTransformException(definition, number, "its method gave null");
    }
}
